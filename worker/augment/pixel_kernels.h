// PixelFunctions: the arithmetic of views on 8-bit pixels, one table for each kind of vector instructions.
//
// Each equals PIL's operation of the same name to the bit: PIL rounds to 8 bits after every operation, and so do these.
// All tables give the same bytes: the arithmetic is of integers and of floats that are never fused or reordered.
//
// A picture is three planes, red, green and blue, that begin `plane` bytes after each other. That is a multiple of
// kPixelSlack, and what stands in a plane behind its last pixel is worked on too, so that no loop has an end of its
// own. Where a function says that it overruns, it reads and writes up to kPixelSlack values more than are asked for.
//
// Thread rule: pure functions; safe from any thread.

#pragma once

#include <cstddef>
#include <cstdint>

#include "data/images/resample_taps.h"
#include "worker/kernels/simd_backend.h"

namespace shoal {

inline constexpr size_t kPixelSlack = 64;

struct PixelFunctions {
  // Resizes `row` [taps' line, 3], interleaved, to three rows [taps.count()] that begin `plane` bytes after each other,
  // the first at `out`; mirrored where `flip`. Reads a byte more than the row has.
  void (*resize_row)(const uint8_t* row, const ResampleTaps& taps, bool flip, uint8_t* out, size_t plane);
  // out[i] = the sum over t of weights[t] * rows[t * stride + i], for i in [0, count): a row of a picture resized
  // downwards.
  void (*add_rows)(const uint8_t* rows, size_t stride, const int32_t* weights, int taps, size_t count, uint8_t* out);

  // value = level + factor * (value - level), cut to [0, 255]: brightness (level 0) and contrast (the mean grey).
  void (*blend_with_level)(uint8_t* planes, size_t plane, int level, float factor);
  // The same with each pixel's grey as its level: saturation.
  void (*blend_with_grey)(uint8_t* planes, size_t plane, float factor);
  // Adds to the hue, of 256 steps around the circle.
  void (*turn_hue)(uint8_t* planes, size_t plane, uint8_t turn);
  // All planes become the grey level, (19595 red + 38470 green + 7471 blue + 32768) / 65536.
  void (*grey)(uint8_t* planes, size_t plane);
  // Of the first `pixels`.
  uint64_t (*sum_of_grey)(const uint8_t* planes, size_t plane, size_t pixels);
  void (*solarise)(uint8_t* planes, size_t plane, int threshold);

  // A row of a plane, blurred downwards: out[x] = weights[0] * row[x] + the sum over k in [1, radius] of weights[k] *
  // (above[k][x] + below[k][x]), of the rows around it. Overruns.
  void (*blur_down)(const uint8_t* row, const uint8_t* const* above, const uint8_t* const* below, const float* weights,
                    int radius, size_t count, float* out);
  // The same along a row that has `radius` values on either side of its [count], rounded. Overruns.
  void (*blur_along)(const float* row, const float* weights, int radius, size_t count, uint8_t* out);

  // out [pixels, 3] = value * scales + offsets, of each channel.
  void (*normalise)(const uint8_t* planes, size_t plane, size_t pixels, const float* scales, const float* offsets,
                    float* out);
};

// The CPU must run `backend`.
const PixelFunctions& PixelFunctionsOf(SimdBackend backend);

// One source file each.
extern const PixelFunctions kPixelsPortable;
extern const PixelFunctions kPixelsAvx2;
extern const PixelFunctions kPixelsAvx512;

}  // namespace shoal
