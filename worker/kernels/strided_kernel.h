// StridedKernel: convolutions of stride 2, kernels of 3x3 (padding 1) and 1x1 (none), for nets of few channels.
//
// What lies under one row of the kernel is one run of memory, the pixels' channels being innermost. So an output is the
// sum of `kernel` products of such a line with a matrix [line, channels], and some outputs by 16 channels stay in
// registers over all of them. The gradient of the weights is the same product with its operands exchanged; that of the
// input is four of them, one for each of the places that a pixel can have between two steps of the kernel.
//
// Activations are [batch, height, width, channels]; height and width of the input are even, the output's are half.
// Channels are multiples of kWeightGroup.
//
// Thread rule: pure functions of their arguments; safe from any thread.

#pragma once

#include <algorithm>
#include <cstdint>

#include "worker/kernels/grouped_weights.h"
#include "worker/kernels/simd_backend.h"

namespace shoal {

struct StridedShape {
  static constexpr int64_t kMaxChannels = 1024;
  static constexpr int64_t kPixelsPerBlock = 64;

  int64_t batch = 0, height = 0, width = 0;  // Of the input.
  int64_t in = 0, out = 0;                   // Channels.
  int64_t kernel = 3;                        // 3 or 1.

  bool Possible() const {
    return height % 2 == 0 && width % 2 == 0 && in % kWeightGroup == 0 && out % kWeightGroup == 0 &&
           std::max(in, out) <= kMaxChannels && (kernel == 3 || kernel == 1);
  }
  int64_t OutputPixels() const { return batch * (height / 2) * (width / 2); }
  // Floats under a row of the kernel.
  int64_t LineFloats() const { return kernel * in; }
  // Floats of packed weights, in either form.
  int64_t WeightFloats() const { return kernel * kernel * in * out; }
  // Floats that a call needs to work in.
  int64_t WorkFloats() const { return kernel * kPixelsPerBlock * LineFloats(); }
};

// Weights [out, kernel, kernel, in] into [out / 16, kernel, kernel, in, 16], for `forward`.
void PackWeights(const StridedShape& shape, const float* weights, float* packed);
// Into [in / 16, kernel, kernel, out, 16], for `input_gradient`.
void PackTurnedWeights(const StridedShape& shape, const float* weights, float* packed);
// A gradient of the form of PackWeights into that of the weights.
void UnpackGradient(const StridedShape& shape, const float* packed, float* gradient);

struct StridedFunctions {
  // y [batch, height / 2, width / 2, out] of x [batch, height, width, in], by PackWeights'.
  void (*forward)(const StridedShape& shape, const float* x, const float* weights, float* work, float* y);
  // dx of dy, by PackTurnedWeights'.
  void (*input_gradient)(const StridedShape& shape, const float* dy, const float* weights, float* dx);
  // Adds to `gradient`, of PackWeights' form.
  void (*weight_gradient)(const StridedShape& shape, const float* x, const float* dy, float* work, float* gradient);
};

// Those of a back end that this CPU must run.
const StridedFunctions& StridedKernel(SimdBackend backend = BestSimdBackend());

}  // namespace shoal
