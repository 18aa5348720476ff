// PixelFunctions: the arithmetic of views on 8-bit pixels, one table for each kind of vector instructions.
//
// Each equals PIL's operation of the same name to the bit: PIL rounds to 8 bits after every operation, and so do these.
// All tables give the same bytes: the arithmetic is of integers and of floats that are never fused or reordered.
//
// A picture is three planes [3, pixels], red, green and blue end to end.
//
// Thread rule: pure functions; safe from any thread.

#pragma once

#include <cstddef>
#include <cstdint>

#include "worker/augment/resample_taps.h"
#include "worker/kernels/simd_backend.h"

namespace shoal {

struct PixelFunctions {
  // Resizes `row` [taps' line, 3], interleaved, to three rows [taps.count()] that begin `plane` bytes after each other,
  // the first at `out`; mirrored where `flip`.
  void (*resize_row)(const uint8_t* row, const ResampleTaps& taps, bool flip, uint8_t* out, size_t plane);
  // out[i] = the sum over t of weights[t] * rows[t * stride + i], for i in [0, count): a row of a picture resized
  // downwards. `sums` [count] is scratch.
  void (*add_rows)(const uint8_t* rows, size_t stride, const int32_t* weights, int taps, size_t count, int32_t* sums,
                   uint8_t* out);

  // values += (1 - factor) * (level - values), cut to [0, 255]: brightness (level 0) and contrast (the mean grey).
  void (*blend_with_level)(uint8_t* values, size_t count, int level, float factor);
  // The same with each pixel's grey as its level: saturation.
  void (*blend_with_grey)(uint8_t* planes, size_t pixels, float factor);
  // Adds to the hue, of 256 steps around the circle.
  void (*turn_hue)(uint8_t* planes, size_t pixels, uint8_t turn);
  // All planes become the grey level, (19595 red + 38470 green + 7471 blue + 32768) / 65536.
  void (*grey)(uint8_t* planes, size_t pixels);
  uint64_t (*sum_of_grey)(const uint8_t* planes, size_t pixels);
  void (*solarise)(uint8_t* values, size_t count, int threshold);

  // The row at `row` of a plane, blurred downwards: out[x] = weights[0] * row[x] + the sum over k in [1, radius] of
  // weights[k] * (above[k][x] + below[k][x]), where above[k] and below[k] are rows of the plane.
  void (*blur_down)(const uint8_t* row, const uint8_t* const* above, const uint8_t* const* below, const float* weights,
                    int radius, size_t count, float* out);
  // The same along a row that has `radius` values on either side of its [count], rounded.
  void (*blur_along)(const float* row, const float* weights, int radius, size_t count, float* sums, uint8_t* out);

  // out [pixels, 3] = value * scales + offsets, of each channel.
  void (*normalise)(const uint8_t* planes, size_t pixels, const float* scales, const float* offsets, float* out);
};

// The CPU must run `backend`.
const PixelFunctions& PixelFunctionsOf(SimdBackend backend);

// One source file each.
extern const PixelFunctions kPixelsPortable;
extern const PixelFunctions kPixelsAvx2;
extern const PixelFunctions kPixelsAvx512;

}  // namespace shoal
