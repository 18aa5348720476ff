// SimdPixelsAvx2: eight pixels at a time. What each function is for: simd_pixels_portable.h.

#pragma once

#include <immintrin.h>

#include <cstdint>
#include <cstring>

#include "worker/kernels/lanes.h"

namespace shoal {

struct SimdPixelsAvx2 {
  static constexpr int kLanes = 8;
  using Floats = float __attribute__((vector_size(32)));
  using Ints = int32_t __attribute__((vector_size(32)));

  static SHOAL_INLINE Floats All(float value) { return Floats{} + value; }
  static SHOAL_INLINE Ints AllInts(int32_t value) { return Ints{} + value; }
  static SHOAL_INLINE Floats ToFloats(Ints v) { return __builtin_convertvector(v, Floats); }
  static SHOAL_INLINE Ints ToInts(Floats v) { return __builtin_convertvector(v, Ints); }

  static SHOAL_INLINE Ints LoadBytes(const uint8_t* from) {
    return reinterpret_cast<Ints>(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(from))));
  }
  static SHOAL_INLINE void StoreBytes(uint8_t* to, Ints v) {
    const __m256i all = reinterpret_cast<__m256i>(v);
    const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(to), _mm_packus_epi16(words, words));
  }
  static SHOAL_INLINE Floats LoadFloats(const float* from) { return _mm256_loadu_ps(from); }
  static SHOAL_INLINE void StoreFloats(float* to, Floats v) { _mm256_storeu_ps(to, v); }

  using Pixel = int32_t __attribute__((vector_size(16)));
  static SHOAL_INLINE Pixel LoadPixel(const uint8_t* from) {
    int32_t four;
    std::memcpy(&four, from, sizeof(four));
    return reinterpret_cast<Pixel>(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four)));
  }
  static SHOAL_INLINE void StoreFour(uint8_t* to, Pixel v) {
    const __m128i words = _mm_packus_epi32(reinterpret_cast<__m128i>(v), reinterpret_cast<__m128i>(v));
    const int32_t four = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
    std::memcpy(to, &four, sizeof(four));
  }
};

}  // namespace shoal
