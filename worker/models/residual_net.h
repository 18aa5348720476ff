// ResidualNet: the backbone of an image encoder, from pictures to features: a ResNet, or the small net for CPUs.
//
// Parameters have torchvision's names and shapes (conv1.weight, layer1.0.bn1.weight, layer2.0.downsample.0.weight ...),
// without its last layer, fc; initial values have its distributions.
//
// Thread rule: one owner at a time. A net refers to its ModelTensors and BatchNormMode, which outlive it.
// Source: He et al. 2016, "Deep Residual Learning for Image Recognition", figures 2 and 5, table 1.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "worker/models/batch_norm.h"
#include "worker/models/convolution.h"
#include "worker/models/encoder_settings.h"
#include "worker/models/model_tensors.h"

namespace shoal {

class ResidualNet {
 public:
  ResidualNet(const EncoderSettings& settings, const BatchNormMode* mode, ModelTensors* tensors);

  // `pictures` [batch, 3, height, width], best in channels_last order, to [batch, features()].
  at::Tensor Forward(const at::Tensor& pictures) const;
  int64_t features() const { return features_; }

 private:
  struct Block {
    std::vector<Convolution> convolutions;
    std::vector<BatchNorm> norms;
    // Of the shortcut, where the block changes the shape; else empty.
    std::vector<Convolution> downsample;
    std::vector<BatchNorm> downsample_norm;

    at::Tensor Forward(const at::Tensor& x) const;
  };
  struct Builder;

  bool pools_ = false;
  std::vector<Convolution> stem_;  // One.
  std::vector<BatchNorm> stem_norm_;
  std::vector<Block> blocks_;
  int64_t features_ = 0;
};

}  // namespace shoal
