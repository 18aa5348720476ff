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
    uint32_t four;
    std::memcpy(&four, from, sizeof(four));
    // Interleaved with zeros twice: the compiler would convert the bytes one by one.
    const Bytes bytes = reinterpret_cast<Bytes>(Words{four, 0, 0, 0});
    const Bytes pairs = __builtin_shufflevector(bytes, Bytes{}, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
    return reinterpret_cast<Ints>(
        __builtin_shufflevector(reinterpret_cast<Shorts>(pairs), Shorts{}, 0, 8, 1, 9, 2, 10, 3, 11));
  }
  // Of values in [0, 255].
  static SHOAL_INLINE void StoreBytes(uint8_t* to, Ints v) {
    const Longs halves = reinterpret_cast<Longs>(v), pairs = halves | halves >> 24;
    const uint32_t four = static_cast<uint32_t>((pairs[0] & 0xffff) | pairs[1] << 16);
    std::memcpy(to, &four, sizeof(four));
  }

  // The channels of one pixel and the byte behind them.
  using Pixel = Ints;
  static SHOAL_INLINE Pixel LoadPixel(const uint8_t* from) { return LoadBytes(from); }
  // Four numbers in [0, 255], of whatever.
  static SHOAL_INLINE void StoreFour(uint8_t* to, Pixel v) { StoreBytes(to, v); }

  static SHOAL_INLINE Floats LoadFloats(const float* from) {
    Floats v;
    std::memcpy(&v, from, sizeof(v));
    return v;
  }
  static SHOAL_INLINE void StoreFloats(float* to, Floats v) { std::memcpy(to, &v, sizeof(v)); }

 private:
  using Bytes = uint8_t __attribute__((vector_size(16)));
  using Shorts = uint16_t __attribute__((vector_size(16)));
  using Words = uint32_t __attribute__((vector_size(16)));
  using Longs = uint64_t __attribute__((vector_size(16)));
};

}  // namespace shoal
