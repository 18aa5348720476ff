// The arithmetic of pixel_kernels.h, written once in plain loops that the compiler turns into each back end's vectors.
//
// Included by back ends only. A class template over the back end, so that no two of them share a function: a copy that
// the linker took from the wrong one would have instructions that this CPU lacks.

#pragma once

#include "worker/augment/pixel_kernels.h"

namespace shoal {

template <SimdBackend backend>
class PixelBody {
 public:
  static constexpr PixelFunctions Functions() {
    return {&ResizeRow, &AddRows,  &BlendWithLevel, &BlendWithGrey, &TurnHue,  &Grey,
            &SumOfGrey, &Solarise, &BlurDown,       &BlurAlong,     &Normalise};
  }

 private:
  static constexpr int kBits = ResampleTaps::kFractionBits;
  static constexpr int32_t kHalf = 1 << (kBits - 1);

  template <int taps_or_zero>
  static void ResizeRowOf(const uint8_t* __restrict row, const ResampleTaps& taps, bool flip, uint8_t* __restrict out,
                          size_t plane) {
    const int count = taps.count(), n = taps_or_zero ? taps_or_zero : taps.taps();
    uint8_t *red = out, *green = out + plane, *blue = out + 2 * plane;
    for (int i = 0; i < count; ++i) {
      const uint8_t* const pixels = row + 3 * taps.start(i);
      const int32_t* const weights = taps.weights(i);
      int32_t r = kHalf, g = kHalf, b = kHalf;
      for (int t = 0; t < n; ++t) {
        r += weights[t] * pixels[3 * t];
        g += weights[t] * pixels[3 * t + 1];
        b += weights[t] * pixels[3 * t + 2];
      }
      const int at = flip ? count - 1 - i : i;
      red[at] = static_cast<uint8_t>(r >> kBits);
      green[at] = static_cast<uint8_t>(g >> kBits);
      blue[at] = static_cast<uint8_t>(b >> kBits);
    }
  }

  static void ResizeRow(const uint8_t* row, const ResampleTaps& taps, bool flip, uint8_t* out, size_t plane) {
    if (taps.taps() == 2) return ResizeRowOf<2>(row, taps, flip, out, plane);
    ResizeRowOf<0>(row, taps, flip, out, plane);
  }

  static void AddRows(const uint8_t* __restrict rows, size_t stride, const int32_t* __restrict weights, int taps,
                      size_t count, int32_t* __restrict sums, uint8_t* __restrict out) {
    if (taps == 2) {
      const int32_t first = weights[0], second = weights[1];
      const uint8_t* const next = rows + stride;
      for (size_t i = 0; i < count; ++i) {
        out[i] = static_cast<uint8_t>((kHalf + first * rows[i] + second * next[i]) >> kBits);
      }
      return;
    }
    for (size_t i = 0; i < count; ++i) sums[i] = kHalf;
    for (int t = 0; t < taps; ++t, rows += stride) {
      const int32_t weight = weights[t];
      for (size_t i = 0; i < count; ++i) sums[i] += weight * rows[i];
    }
    for (size_t i = 0; i < count; ++i) out[i] = static_cast<uint8_t>(sums[i] >> kBits);
  }

  // Cut to [0, 255], then towards zero, as PIL's blending does.
  static uint8_t Blend(float from, float to, float factor) {
    float level = from + factor * (to - from);
    level = level > 0 ? level : 0;
    level = level < 255 ? level : 255;
    return static_cast<uint8_t>(static_cast<int32_t>(level));
  }

  static void BlendWithLevel(uint8_t* __restrict values, size_t count, int level, float factor) {
    const float from = static_cast<float>(level);
    for (size_t i = 0; i < count; ++i) values[i] = Blend(from, values[i], factor);
  }

  static int32_t GreyOf(int32_t red, int32_t green, int32_t blue) {
    return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
  }

  static void BlendWithGrey(uint8_t* __restrict planes, size_t pixels, float factor) {
    uint8_t *red = planes, *green = planes + pixels, *blue = planes + 2 * pixels;
    for (size_t i = 0; i < pixels; ++i) {
      const float grey = static_cast<float>(GreyOf(red[i], green[i], blue[i]));
      red[i] = Blend(grey, red[i], factor);
      green[i] = Blend(grey, green[i], factor);
      blue[i] = Blend(grey, blue[i], factor);
    }
  }

  // Through hue, saturation and value of 8 bits each, as PIL has them. Each division and each sum below stands as it
  // must: another order gives hues that are one step off where a hue falls on a step.
  static void TurnHue(uint8_t* __restrict planes, size_t pixels, uint8_t turn) {
    uint8_t *red = planes, *green = planes + pixels, *blue = planes + 2 * pixels;
    for (size_t i = 0; i < pixels; ++i) {
      const float r = red[i], g = green[i], b = blue[i];
      const float rg_most = r > g ? r : g, rg_least = r > g ? g : r;
      const float most = rg_most > b ? rg_most : b, least = rg_least < b ? rg_least : b;
      const float spread = most - least;
      const float middle = ((r + g) + b) - most - least;
      // The sector's first hue, and which of the two lesser channels is the least.
      const bool is_red = r == most, is_green = g == most;
      const float sector = is_red ? 0.0f : is_green ? 2.0f : 4.0f;
      const float ahead = is_red ? g : is_green ? b : r, behind = is_red ? b : is_green ? r : g;
      const float divisor = spread > 0 ? spread : 1.0f;
      const float share = (most - middle) / divisor;
      const float sixths = ahead < behind ? (sector - 1.0f) + share : (sector + 1.0f) - share;
      float circle = sixths / 6.0f;
      circle = circle < 0 ? circle + 1.0f : circle;
      const int32_t hue = (static_cast<int32_t>(circle * 255.0f) + turn) & 255;
      const float saturation =
          static_cast<float>(static_cast<int32_t>(spread / (most > 0 ? most : 1.0f) * 255.0f)) * (1.0f / 255);
      // Back: within a sixth one channel is `most`, one `low`, and one rises or falls between them.
      const int32_t six = 6 * hue;
      const int32_t sixth = (six * 257 + 257) >> 16;  // six / 255, for six to 1530.
      const float part = static_cast<float>(six - 255 * sixth) * (1.0f / 255);
      const float between = (sixth & 1) != 0 ? part : 1.0f - part;
      const int32_t high = static_cast<int32_t>(most);
      const int32_t low = static_cast<int32_t>(most * (1.0f - saturation) + 0.5f);
      const int32_t mid = static_cast<int32_t>(most * (1.0f - saturation * between) + 0.5f);
      red[i] = static_cast<uint8_t>(sixth == 1 || sixth == 4 ? mid : sixth == 2 || sixth == 3 ? low : high);
      green[i] = static_cast<uint8_t>(sixth == 0 || sixth == 3 || sixth == 6 ? mid
                                      : sixth == 1 || sixth == 2             ? high
                                                                             : low);
      blue[i] = static_cast<uint8_t>(sixth == 2 || sixth == 5 ? mid : sixth == 3 || sixth == 4 ? high : low);
    }
  }

  static void Grey(uint8_t* __restrict planes, size_t pixels) {
    uint8_t *red = planes, *green = planes + pixels, *blue = planes + 2 * pixels;
    for (size_t i = 0; i < pixels; ++i) {
      const uint8_t grey = static_cast<uint8_t>(GreyOf(red[i], green[i], blue[i]));
      red[i] = green[i] = blue[i] = grey;
    }
  }

  static uint64_t SumOfGrey(const uint8_t* __restrict planes, size_t pixels) {
    const uint8_t *red = planes, *green = planes + pixels, *blue = planes + 2 * pixels;
    // In pieces whose sums fit 32 bits.
    constexpr size_t kPiece = size_t{1} << 20;
    uint64_t total = 0;
    for (size_t begin = 0; begin < pixels; begin += kPiece) {
      const size_t end = begin + kPiece < pixels ? begin + kPiece : pixels;
      uint32_t sum = 0;
      for (size_t i = begin; i < end; ++i) sum += static_cast<uint32_t>(GreyOf(red[i], green[i], blue[i]));
      total += sum;
    }
    return total;
  }

  static void Solarise(uint8_t* __restrict values, size_t count, int threshold) {
    for (size_t i = 0; i < count; ++i) {
      const int32_t value = values[i];
      values[i] = static_cast<uint8_t>(value < threshold ? value : 255 - value);
    }
  }

  static void BlurDown(const uint8_t* __restrict row, const uint8_t* const* above, const uint8_t* const* below,
                       const float* __restrict weights, int radius, size_t count, float* __restrict out) {
    const float centre = weights[0];
    for (size_t x = 0; x < count; ++x) out[x] = centre * static_cast<float>(row[x]);
    for (int k = 1; k <= radius; ++k) {
      const float weight = weights[k];
      const uint8_t* __restrict a = above[k], * __restrict b = below[k];
      for (size_t x = 0; x < count; ++x) out[x] += weight * static_cast<float>(a[x] + b[x]);
    }
  }

  static void BlurAlong(const float* __restrict row, const float* __restrict weights, int radius, size_t count,
                        float* __restrict sums, uint8_t* __restrict out) {
    row += radius;
    const float centre = weights[0];
    for (size_t x = 0; x < count; ++x) sums[x] = centre * row[x] + 0.5f;
    for (int k = 1; k <= radius; ++k) {
      const float weight = weights[k];
      const float *before = row - k, *after = row + k;
      for (size_t x = 0; x < count; ++x) sums[x] += weight * (before[x] + after[x]);
    }
    for (size_t x = 0; x < count; ++x) out[x] = static_cast<uint8_t>(static_cast<int32_t>(sums[x]));
  }

  static void Normalise(const uint8_t* __restrict planes, size_t pixels, const float* __restrict scales,
                        const float* __restrict offsets, float* __restrict out) {
    const uint8_t *red = planes, *green = planes + pixels, *blue = planes + 2 * pixels;
    const float red_scale = scales[0], green_scale = scales[1], blue_scale = scales[2];
    const float red_offset = offsets[0], green_offset = offsets[1], blue_offset = offsets[2];
    for (size_t i = 0; i < pixels; ++i) {
      out[3 * i] = red[i] * red_scale + red_offset;
      out[3 * i + 1] = green[i] * green_scale + green_offset;
      out[3 * i + 2] = blue[i] * blue_scale + blue_offset;
    }
  }
};

}  // namespace shoal
