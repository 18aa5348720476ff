// WinogradKernel: 3x3 convolutions of stride 1 with 2.25 times fewer multiplications than the plain sum has.
//
// Output tiles of 2x2 come from input tiles of 4x4: both the tile and the weights are transformed into 16 numbers,
// which are multiplied place by place; summed over the input channels, those are 16 small matrix products over many
// tiles; their result is transformed back. The gradient of the input is such a convolution too, with the weights
// turned; that of the weights is the transposed way back through the same transforms.
//
// Activations are [batch, height, width, channels]; beyond their border they are 0 (padding 1). Height and width are
// even, channels multiples of kWeightGroup. Rounding differs from the plain sum's by a few units in the last place.
//
// Thread rule: pure functions of their arguments; safe from any thread.
// Source: Lavin and Gray 2016, "Fast Algorithms for Convolutional Neural Networks", section 4.1, F(2x2, 3x3).

#pragma once

#include <algorithm>
#include <cstdint>

#include "worker/kernels/grouped_weights.h"
#include "worker/kernels/simd_backend.h"

namespace shoal {

struct WinogradShape {
  // Places of a transformed tile.
  static constexpr int64_t kPlaces = 16;
  static constexpr int64_t kTilesPerBlock = 24;
  static constexpr int64_t kMaxChannels = 1024;

  int64_t batch = 0, height = 0, width = 0, in = 0, out = 0;

  bool Possible() const {
    return height % 2 == 0 && width % 2 == 0 && in % kWeightGroup == 0 && out % kWeightGroup == 0 &&
           std::max(in, out) <= kMaxChannels;
  }
  // Floats of transformed weights, [kPlaces, out / kWeightGroup, in, kWeightGroup].
  int64_t WeightFloats() const { return kPlaces * in * out; }
  // Floats that a call needs to work in.
  int64_t WorkFloats() const { return kPlaces * kTilesPerBlock * (in + out); }
};

// Weights [out, 3, 3, in] into their transformed form for `forward`.
void TransformWeights(const WinogradShape& shape, const float* weights, float* transformed);
// Into the form by which `forward` of the turned shape (in and out exchanged) gives the input's gradient.
void TransformTurnedWeights(const WinogradShape& shape, const float* weights, float* transformed);
// The transformed weights' gradient back into that of the weights [out, 3, 3, in].
void GradientOfWeights(const WinogradShape& shape, const float* transformed, float* gradient);

struct WinogradFunctions {
  // y [batch, height, width, out] of x [batch, height, width, in].
  void (*forward)(const WinogradShape& shape, const float* x, const float* weights, float* work, float* y);
  // Adds to `gradient`, of the transformed weights.
  void (*weight_gradient)(const WinogradShape& shape, const float* x, const float* dy, float* work, float* gradient);
};

// Those of a back end that this CPU must run.
const WinogradFunctions& WinogradKernel(SimdBackend backend = BestSimdBackend());

}  // namespace shoal
