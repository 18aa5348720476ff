// ProjectionHead: from features to the embedding that the contrastive loss is on; thrown away after training.
//
// Thread rule: one owner at a time. A head refers to its ModelTensors and BatchNormMode, which outlive it.
// Source: Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", section 4.2;
// Chen et al. 2020, "Improved Baselines with Momentum Contrastive Learning".

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "worker/models/batch_norm.h"
#include "worker/models/encoder_settings.h"
#include "worker/models/model_tensors.h"

namespace shoal {

class ProjectionHead {
 public:
  // Adds head.0.weight, head.1 ... as the head of `settings` has them, by the layer's place in it.
  ProjectionHead(const EncoderSettings& settings, int64_t features, const BatchNormMode* mode, ModelTensors* tensors);

  // `features` [batch, features] to [batch, dim()], not normalised.
  at::Tensor Forward(const at::Tensor& features) const;
  int64_t dim() const { return dim_; }

 private:
  struct Linear {
    const ModelTensor* weight;
    const ModelTensor* bias;  // Null in front of a batch norm, which would take it away.
  };
  Linear MakeLinear(int place, int64_t in, int64_t out, bool has_bias, ModelTensors* tensors) const;

  int64_t dim_;
  std::vector<Linear> linears_;
  // Behind each linear layer, or none.
  std::vector<BatchNorm> norms_;
};

}  // namespace shoal
