// SimdAvx512: sixteen floats, AVX-512 F, VL and DQ; the horizontal sums end in AVX2's transposition.

#pragma once

#include <immintrin.h>

#include "worker/kernels/simd_avx2.h"

namespace shoal {

struct SimdAvx512 {
  using Vector = __m512;
  static constexpr int kWidth = 16;
  static constexpr int kRegisters = 32;

  static SHOAL_INLINE Vector Zero() { return _mm512_setzero_ps(); }
  static SHOAL_INLINE Vector All(float value) { return _mm512_set1_ps(value); }
  static SHOAL_INLINE Vector Load(const float* from) { return _mm512_loadu_ps(from); }
  // Into a register, for several uses. The compiler would fold a load into each of them, and the load units become the
  // bound then.
  static SHOAL_INLINE Vector LoadOnce(const float* from) {
    Vector v = Load(from);
    asm("" : "+v"(v));
    return v;
  }
  static SHOAL_INLINE void Store(float* to, Vector v) { _mm512_storeu_ps(to, v); }
  // a * b + c.
  static SHOAL_INLINE Vector MultiplyAdd(Vector a, Vector b, Vector c) { return _mm512_fmadd_ps(a, b, c); }

  // Lane i is the sum of v[i]; lanes from `count` on are 0.
  template <int count>
  static SHOAL_INLINE Lanes Sums(const Vector* v) {
    __m256 halves[count];
    for (int i = 0; i < count; ++i) halves[i] = _mm512_castps512_ps256(v[i]) + UpperHalf(v[i]);
    return SimdAvx2::Sums<count>(halves);
  }

 private:
  static SHOAL_INLINE __m256 UpperHalf(Vector v) {
    return _mm256_castpd_ps(_mm512_extractf64x4_pd(_mm512_castps_pd(v), 1));
  }
};

}  // namespace shoal
