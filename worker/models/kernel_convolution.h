// KernelConvolution: the convolutions that shoal's own kernels (worker/kernels/winograd_kernel.h, strided_kernel.h) do
// quicker than oneDNN, as a differentiable operation.
//
// Thread rule: functions; on the calling thread and Torch's others, each of which takes a part of the pictures.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace shoal {

// Whether KernelConvolve takes this convolution and is the quicker: on the CPU, float32, even sizes, and channels in
// the range where it was measured to be.
bool KernelPays(const at::Tensor& x, const at::Tensor& weight, int64_t stride);

// `x` [batch, in, height, width] with `weight` [out, in, kernel, kernel], padding kernel / 2, to [batch, out, height /
// stride, width / stride] in channels_last order, which is also the quickest for `x`.
at::Tensor KernelConvolve(const at::Tensor& x, const at::Tensor& weight, int64_t stride);

}  // namespace shoal
