// SimdAvx2: eight floats, AVX2 with fused multiply-add.

#pragma once

#include <immintrin.h>

#include "worker/kernels/lanes.h"

namespace shoal {

struct SimdAvx2 {
  using Vector = __m256;
  static constexpr int kWidth = 8;
  static constexpr int kRegisters = 16;

  static SHOAL_INLINE Vector Zero() { return _mm256_setzero_ps(); }
  static SHOAL_INLINE Vector All(float value) { return _mm256_set1_ps(value); }
  static SHOAL_INLINE Vector Load(const float* from) { return _mm256_loadu_ps(from); }
  // Into a register, for several uses. The compiler would fold a load into each of them, and the load units become the
  // bound then.
  static SHOAL_INLINE Vector LoadOnce(const float* from) {
    Vector v = Load(from);
    asm("" : "+x"(v));
    return v;
  }
  static SHOAL_INLINE void Store(float* to, Vector v) { _mm256_storeu_ps(to, v); }
  // a * b + c.
  static SHOAL_INLINE Vector MultiplyAdd(Vector a, Vector b, Vector c) { return _mm256_fmadd_ps(a, b, c); }

  // Lane i is the sum of v[i]; lanes from `count` on are 0. A transposition that adds as it goes: each level halves
  // the vectors, with one shuffle and one blend for two.
  template <int count>
  static SHOAL_INLINE Lanes Sums(const Vector* v) {
    const auto at = [v](int i) __attribute__((always_inline)) { return i < count ? v[i] : Zero(); };
    const auto half = [&](int i) __attribute__((always_inline)) {
      return AddQuads(AddPairs(at(i), at(i + 1)), AddPairs(at(i + 2), at(i + 3)));
    };
    const Vector low = half(0), high = count > 4 ? half(4) : Zero();
    return _mm256_blend_ps(low, high, 0xf0) + _mm256_permute2f128_ps(low, high, 0x21);
  }

 private:
  // Of each 128-bit half: {a0 + a1, b0 + b1, a2 + a3, b2 + b3} in some order of pairs that AddQuads undoes.
  static SHOAL_INLINE Vector AddPairs(Vector a, Vector b) {
    return _mm256_unpacklo_ps(a, b) + _mm256_unpackhi_ps(a, b);
  }
  static SHOAL_INLINE Vector AddQuads(Vector ab, Vector cd) {
    const __m256d x = _mm256_castps_pd(ab), y = _mm256_castps_pd(cd);
    return _mm256_castpd_ps(_mm256_blend_pd(x, y, 0b1010)) + _mm256_castpd_ps(_mm256_shuffle_pd(x, y, 0b0101));
  }
};

}  // namespace shoal
