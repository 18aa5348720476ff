// BatchNormKernel: the passes of batch normalisation over rows of channels, with what follows it in a residual net (the
// shortcut's sum, the rectifier) done on the way.
//
// An image tensor in channels_last order is rows of channels, [batch * height * width, channels]. Normalisation is
// bound by memory, not by arithmetic: on the way forward, Torch's operators for norm, sum and rectifier read or write
// the activations nine times, these passes four times.
//
// With x an input row, z = scale * x + offset + shortcut, y = max(z, 0) or z, and dz = dy where y > 0 (or dy):
//   Statistics      sums += x - shift,  squares += (x - shift)^2
//   Apply           y
//   GradientSums    sums += dz,  products += dz * (x - mean); dz is stored where the shortcut needs it
//   Gradient        dx = a * dz + b * (x - mean) + c
// Sums are carried in float over kRowsPerSum rows and in double beyond.
//
// Thread rule: pure functions of their arguments; safe from any thread, on ranges of rows that do not overlap.
// Source: Ioffe and Szegedy 2015, "Batch Normalization", algorithm 1 and the gradients below it.

#pragma once

#include <cstdint>

#include "worker/kernels/simd_backend.h"

namespace shoal {

struct BatchNormFunctions {
  static constexpr int64_t kRowsPerSum = 128;

  // `x` [rows, channels]; all others without a size [channels].
  void (*statistics)(const float* x, int64_t rows, int64_t channels, const float* shift, double* sums, double* squares);
  // `shortcut` [rows, channels] may be null; `y` may be `x`.
  void (*apply)(const float* x, const float* shortcut, int64_t rows, int64_t channels, const float* scale,
                const float* offset, bool rectify, float* y);
  // `y` null: not rectified. `dz` [rows, channels] may be null.
  void (*gradient_sums)(const float* dy, const float* y, const float* x, int64_t rows, int64_t channels,
                        const float* mean, double* sums, double* products, float* dz);
  void (*gradient)(const float* dy, const float* y, const float* x, int64_t rows, int64_t channels, const float* mean,
                   const float* a, const float* b, const float* c, float* dx);
};

// Those of a back end that this CPU must run.
const BatchNormFunctions& BatchNormKernel(SimdBackend backend = BestSimdBackend());

}  // namespace shoal
