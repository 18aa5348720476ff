// SimdPixelsAvx512: sixteen pixels at a time. What each function is for: simd_pixels_portable.h.

#pragma once

#include <immintrin.h>

#include <cstdint>

#include "worker/augment/simd_pixels_avx2.h"
#include "worker/kernels/lanes.h"

namespace shoal {

struct SimdPixelsAvx512 {
  static constexpr int kLanes = 16;
  using Floats = float __attribute__((vector_size(64)));
  using Ints = int32_t __attribute__((vector_size(64)));

  static SHOAL_INLINE Floats All(float value) { return Floats{} + value; }
  static SHOAL_INLINE Ints AllInts(int32_t value) { return Ints{} + value; }
  static SHOAL_INLINE Floats ToFloats(Ints v) { return __builtin_convertvector(v, Floats); }
  static SHOAL_INLINE Ints ToInts(Floats v) { return __builtin_convertvector(v, Ints); }

  static SHOAL_INLINE Ints LoadBytes(const uint8_t* from) {
    return reinterpret_cast<Ints>(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(from))));
  }
  static SHOAL_INLINE void StoreBytes(uint8_t* to, Ints v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(to), _mm512_cvtepi32_epi8(reinterpret_cast<__m512i>(v)));
  }
  static SHOAL_INLINE Floats LoadFloats(const float* from) { return _mm512_loadu_ps(from); }
  static SHOAL_INLINE void StoreFloats(float* to, Floats v) { _mm512_storeu_ps(to, v); }

  using Pixel = SimdPixelsAvx2::Pixel;
  static SHOAL_INLINE Pixel LoadPixel(const uint8_t* from) { return SimdPixelsAvx2::LoadPixel(from); }
  static SHOAL_INLINE void StoreFour(uint8_t* to, Pixel v) { SimdPixelsAvx2::StoreFour(to, v); }
};

}  // namespace shoal
