// What this build and this host have of GPUs that encoders can be computed on, by LibTorch's word.
//
// The first call loads what GPUs need, where it is there, and comes before the process computes with Torch: Torch looks
// for GPUs once.
//
// Thread rule: safe from any thread.

#pragma once

#include "absl/status/status.h"

namespace shoal {

// Whether this build's LibTorch can compute on GPUs at all.
bool BuildHasCuda();

// 0 also where this build's LibTorch has no CUDA.
int Gpus();

// FailedPrecondition where an encoder cannot be computed on GPU `gpu` of this host: why, and the cure.
absl::Status CheckGpu(int gpu);

// How this process computes on GPUs from now on: float32 is float32 throughout, never TF32, and cuDNN takes for each
// shape that it meets the convolution that it finds the quickest.
void SetUpGpus();

// Whether GPU `gpu`, which is there, multiplies bfloat16 matrices in hardware: Ampere's do, and all later.
bool GpuIsQuickWithBfloat16(int gpu);

}  // namespace shoal
