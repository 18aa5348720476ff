// ImageEncoder: a backbone and its head, with their parameters; the query encoder, or the key encoder, of a method.
//
// Thread rule: one owner at a time. It owns its tensors; the exchange between workers that it is made with outlives it.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <span>

#include "absl/status/status.h"
#include "worker/models/batch_norm.h"
#include "worker/models/encoder_settings.h"
#include "worker/models/learner_settings.h"
#include "worker/models/model_tensors.h"
#include "worker/models/projection_head.h"
#include "worker/models/residual_net.h"
#include "worker/models/worker_group.h"

namespace shoal {

class ImageEncoder {
 public:
  // `learns`: its parameters get gradients. What is not on the CPU's own terms has its tensors apart (ModelTensors).
  ImageEncoder(const EncoderSettings& settings, Precision precision, GroupExchange* exchange, bool learns,
               const TensorPlace& place = {});
  ImageEncoder(const ImageEncoder&) = delete;
  ImageEncoder& operator=(const ImageEncoder&) = delete;

  // `pictures` [batch, 3, height, width], on its device, to features [batch, features()], by the running statistics,
  // without gradient.
  at::Tensor Features(const at::Tensor& pictures);
  // To embeddings [batch, dim()] of length 1, by the batch's statistics, of which the running ones become this share.
  at::Tensor Embed(const at::Tensor& pictures, double running_share = kBatchNormMomentum);

  int64_t features() const { return backbone_.features(); }
  int64_t dim() const { return head_.dim(); }
  ModelTensors& tensors() { return tensors_; }
  const ModelTensors& tensors() const { return tensors_; }
  at::Device device() const { return place_.device; }

 private:
  const TensorPlace place_;
  const Precision precision_;
  BatchNormMode mode_;
  ModelTensors tensors_;
  ResidualNet backbone_;
  ProjectionHead head_;
};

// Of an encoder that computes on `device`; `gpu` of kCuda.
TensorPlace PlaceOf(Device device, int gpu);

// Pictures of floats [n, size, size, 3] as a tensor [n, 3, size, size] in channels_last order, on the same memory.
at::Tensor PicturesOn(std::span<const float> floats, int64_t size);

// Features [n, encoder->features()] of `pictures` [n, size, size, 3], read in batches. InvalidArgument where the sizes
// do not fit together.
absl::Status ReadFeatures(ImageEncoder* encoder, int64_t size, std::span<const float> pictures,
                          std::span<float> features);

}  // namespace shoal
