// ResizeOnDevice: the two passes of a ResamplePlan on tensors.
//
// In 32-bit integers, which are exact in any order: a device has nothing to round.
//
// Thread rule: pure function; safe from any thread. It throws as Torch does.

#pragma once

#include <ATen/core/Tensor.h>

#include "worker/augment/resample_plan.h"

namespace shoal {

// The resized views [3, views, size, size] of bytes, of a batch's `pixels` [pixels, 3] of bytes on their device.
at::Tensor ResizeOnDevice(const at::Tensor& pixels, const ResamplePlan& plan, int size);

}  // namespace shoal
