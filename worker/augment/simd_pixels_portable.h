// SimdPixelsPortable: four pixels at a time in compiler vector types: SSE2 on any x86-64, NEON on ARM.
//
// What pixel_kernels_body.h needs of vector instructions; simd_pixels_avx2.h and simd_pixels_avx512.h are its siblings.
// Comparing two vectors gives a mask, which `?:` takes lane by lane.

#pragma once

#include <cstdint>
#include <cstring>

#include "worker/kernels/lanes.h"

namespace shoal {

struct SimdPixelsPortable {
  static constexpr int kLanes = 4;
  using Floats = float __attribute__((vector_size(16)));
  using Ints = int32_t __attribute__((vector_size(16)));

  static SHOAL_INLINE Floats All(float value) { return Floats{} + value; }
  static SHOAL_INLINE Ints AllInts(int32_t value) { return Ints{} + value; }
  static SHOAL_INLINE Floats ToFloats(Ints v) { return __builtin_convertvector(v, Floats); }
  // Towards zero.
  static SHOAL_INLINE Ints ToInts(Floats v) { return __builtin_convertvector(v, Ints); }

  static SHOAL_INLINE Ints LoadBytes(const uint8_t* from) {
    Bytes bytes;
    std::memcpy(&bytes, from, sizeof(bytes));
    return __builtin_convertvector(bytes, Ints);
  }
  // Of values in [0, 255].
  static SHOAL_INLINE void StoreBytes(uint8_t* to, Ints v) {
    const Bytes bytes = __builtin_convertvector(v, Bytes);
    std::memcpy(to, &bytes, sizeof(bytes));
  }
  static SHOAL_INLINE Floats LoadFloats(const float* from) {
    Floats v;
    std::memcpy(&v, from, sizeof(v));
    return v;
  }
  static SHOAL_INLINE void StoreFloats(float* to, Floats v) { std::memcpy(to, &v, sizeof(v)); }

 private:
  using Bytes = uint8_t __attribute__((vector_size(4)));
};

}  // namespace shoal
