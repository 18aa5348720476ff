// Batch normalisation by Torch's operators, which run on any device: what BatchNorm does by its own kernels on the CPU.
//
// Thread rule: a function; the tensors are the caller's.
// Source: as BatchNorm's.

#pragma once

#include <ATen/core/Tensor.h>

#include "worker/models/batch_norm.h"

namespace shoal {

struct BatchNormTensors {
  at::Tensor weight, bias;  // [channels], or undefined.
  at::Tensor running_mean, running_var;
};

// `x` [batch, channels, height, width] or [batch, channels], normalised as `mode` says. Running statistics follow the
// batch's where it is training.
at::Tensor NormaliseByOperators(const at::Tensor& x, const BatchNormTensors& tensors, const BatchNormMode& mode);

}  // namespace shoal
