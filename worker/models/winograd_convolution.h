// WinogradConvolution: the convolutions that are quicker by Winograd's transforms (worker/kernels/winograd_kernel.h)
// than by oneDNN, as a differentiable operation.
//
// Thread rule: functions; on the calling thread alone, so they leave convolutions to oneDNN where Torch has several.

#pragma once

#include <ATen/core/Tensor.h>

namespace shoal {

// Whether WinogradConvolve takes this convolution of stride 1 and is the quicker: float32, a 3x3 kernel, even sizes,
// and as many channels as make the transforms pay and leave the transformed weights in a second-level cache.
bool WinogradPays(const at::Tensor& x, const at::Tensor& weight);

// `x` [batch, in, height, width] with `weight` [out, in, 3, 3], padding 1, to [batch, out, height, width] in
// channels_last order, which is also the quickest for `x`.
at::Tensor WinogradConvolve(const at::Tensor& x, const at::Tensor& weight);

}  // namespace shoal
