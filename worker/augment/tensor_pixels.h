// The arithmetic of pixel_kernels.h on tensors of whole batches: each function equals its namesake there to the bit.
//
// Only operations that round as IEEE 754 has it, each by itself: nothing that a device may fuse into a multiply-add
// (addcmul on floats, lerp) or reorder (matrix products), and no division of floats by a number that lies on the host,
// which CUDA turns into a product with its reciprocal.
//
// `planes` [3, views, size, size] are bytes: red, green and blue. `factors` [views, 1, 1] are floats on their device.
//
// Thread rule: pure functions; safe from any thread. They throw as Torch does.
// Source: Pillow's ImageEnhance, Image.convert("L" and "HSV") and ImageOps.solarize; torchvision's GaussianBlur.

#pragma once

#include <ATen/core/Tensor.h>

namespace shoal {

at::Tensor Brightened(const at::Tensor& planes, const at::Tensor& factors);
at::Tensor Contrasted(const at::Tensor& planes, const at::Tensor& factors);
at::Tensor Saturated(const at::Tensor& planes, const at::Tensor& factors);
// `turns` as HueTurn has them, floats.
at::Tensor HueTurned(const at::Tensor& planes, const at::Tensor& turns);
at::Tensor Greyed(const at::Tensor& planes);
// By `weights` [views, radius + 1] as FillBlurWeights has them, with zeros where a view's radius is smaller.
at::Tensor Blurred(const at::Tensor& planes, const at::Tensor& weights);
at::Tensor Solarised(const at::Tensor& planes, int threshold);

}  // namespace shoal
