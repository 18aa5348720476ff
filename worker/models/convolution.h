// Convolution: a two-dimensional convolution without bias, as residual nets have them.
//
// Thread rule: one owner at a time. Refers to its ModelTensors, which outlives it.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>

#include "worker/models/model_tensors.h"

namespace shoal {

class Convolution {
 public:
  // Adds NAME.weight [out, in, kernel, kernel] to `tensors`, which begins normal with the variance that keeps that of
  // gradients behind a rectifier (He et al. 2015, "Delving Deep into Rectifiers", equation 14). The padding keeps the
  // size at stride 1.
  Convolution(const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t stride, ModelTensors* tensors);

  // `x` [batch, in, height, width], to [batch, out, height / stride, width / stride].
  at::Tensor Forward(const at::Tensor& x) const;

 private:
  const ModelTensor* weight_;
  int64_t stride_, padding_;
};

}  // namespace shoal
