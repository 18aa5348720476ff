// TrainWindows: runs the windows of a plan through the kernel, with the rows of the windows to come on their way into
// the cache.
//
// Thread rule: as the rows' (Hogwild where they are mapped).

#pragma once

#include <cstdint>
#include <span>

#include "worker/kernels/skip_gram_kernel.h"
#include "worker/objectives/skip_gram_sampler.h"

namespace shoal {

struct SkipGramRows {
  float* const* inputs = nullptr;   // [plan.inputs]
  float* const* outputs = nullptr;  // [plan.outputs]
  // Null: the rows are updated in place. Else they stay, and the gradients are added here.
  float* const* input_gradients = nullptr;
  float* const* output_gradients = nullptr;
  uint32_t row_floats = 0;  // Of the weights.
};

struct MeasuredLoss {
  double sum = 0;
  uint64_t pairs = 0;
};

// `offsets_by_word`: what is taken off the logits of a word (noise-contrastive estimation); empty: nothing.
MeasuredLoss TrainWindows(const SkipGramPlan& plan, const SkipGramKernel& kernel, const SkipGramRows& rows,
                          std::span<const float> offsets_by_word);

}  // namespace shoal
