// StepViews: the pictures of a training step on the device that it is computed on, from whatever form they come in.
//
// Thread rule: one owner at a time. First, Second and Both throw as Torch does, and refer to the input of the last
// Begin, which is its caller's memory.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "worker/augment/tensor_augmenter.h"
#include "worker/models/learner_settings.h"
#include "worker/models/step_input.h"

namespace shoal {

class StepViews {
 public:
  StepViews(const LearnerSettings& settings, at::Device device);

  // The views of `input`, whose form has been checked, are asked for from now on. Those that are yet to be made of
  // their pictures are made here: errors as TensorAugmenter's.
  absl::Status Begin(const StepInput& input);

  // [count, 3, size, size] Of the step's part number `part`: in channels_last order, on the device; floats in the
  // caller's own memory where that is the CPU.
  at::Tensor First(int part) const;
  at::Tensor Second(int part) const;
  // The first views, then the second.
  at::Tensor Both(int part) const;

 private:
  // One view of each picture, of either kind.
  struct Span {
    std::span<const float> floats;
    std::span<const uint8_t> levels;
  };
  Span PartOf(const Span& views, int part) const;
  Span FirstSpan(int part) const { return PartOf({input_.first_views, input_.first_levels}, part); }
  Span SecondSpan(int part) const { return PartOf({input_.second_views, input_.second_levels}, part); }
  at::Tensor Pictures(const Span& views) const;
  // Of `views` made here, those of the part.
  at::Tensor PartOf(const at::Tensor& views, int part) const;

  const int64_t size_;
  const int parts_;
  const at::Device device_;
  const TensorAugmenter augmenter_;
  StepInput input_;
  at::Tensor first_, second_;  // Where they are made here.
};

}  // namespace shoal
