// SimdPortable: four floats in compiler vector types: SSE2 on any x86-64, NEON on ARM.

#pragma once

#include "worker/kernels/lanes.h"

namespace shoal {

struct SimdPortable {
  using Vector = float __attribute__((vector_size(16)));
  using Unaligned = float __attribute__((vector_size(16), aligned(4), may_alias));
  static constexpr int kWidth = 4;
  static constexpr int kRegisters = 16;

  static SHOAL_INLINE Vector Zero() { return Vector{}; }
  static SHOAL_INLINE Vector All(float value) { return Vector{} + value; }
  static SHOAL_INLINE Vector Load(const float* from) { return *reinterpret_cast<const Unaligned*>(from); }
  static SHOAL_INLINE Vector LoadOnce(const float* from) { return Load(from); }
  static SHOAL_INLINE void Store(float* to, Vector v) { *reinterpret_cast<Unaligned*>(to) = v; }
  // a * b + c.
  static SHOAL_INLINE Vector MultiplyAdd(Vector a, Vector b, Vector c) { return a * b + c; }

  // Lane i is the sum of v[i]; lanes from `count` on are 0.
  template <int count>
  static SHOAL_INLINE Lanes Sums(const Vector* v) {
    Lanes sums{};
    for (int i = 0; i < count; ++i) sums[i] = (v[i][0] + v[i][2]) + (v[i][1] + v[i][3]);
    return sums;
  }
};

}  // namespace shoal
