// The arithmetic of pixel_kernels.h, written once over a Simd type (simd_pixels_avx2.h and its siblings).
//
// In vectors by hand, as GCC 12 leaves the hue's loop scalar: that alone was two thirds of a view's time, and 8-bit
// loops that it does vectorise unpack all of a register's bytes and spill.
//
// Included by back ends only. A class template over the Simd type, so that no two back ends share a function: a copy
// that the linker took from the wrong one would have instructions that this CPU lacks.

#pragma once

#include "worker/augment/pixel_kernels.h"
#include "worker/kernels/lanes.h"

namespace shoal {

template <typename Simd>
class PixelBody {
 public:
  static constexpr PixelFunctions Functions() {
    return {&ResizeRow, &AddRows,  &BlendWithLevel, &BlendWithGrey, &TurnHue,  &Grey,
            &SumOfGrey, &Solarise, &BlurDown,       &BlurAlong,     &Normalise};
  }

 private:
  using Floats = typename Simd::Floats;
  using Ints = typename Simd::Ints;
  using Pixel = typename Simd::Pixel;
  static constexpr int kStep = Simd::kLanes;
  static constexpr int kEnlarging = 2;  // Taps of a line that is not made shorter.
  static constexpr int kBits = ResampleTaps::kFractionBits;
  static constexpr int32_t kHalf = 1 << (kBits - 1);
  static_assert(kPixelSlack % kStep == 0);

  // Red, green and blue of pixel `x` of a resized row, and a fourth number of no meaning.
  template <int taps_or_zero>
  static SHOAL_INLINE Pixel Resized(const uint8_t* row, const ResampleTaps& taps, int x) {
    const int n = taps_or_zero ? taps_or_zero : taps.taps();
    const uint8_t* const pixels = row + size_t{3} * taps.start(x);
    const int32_t* const weights = taps.weights(x);
    Pixel sum = Pixel{} + kHalf;
    for (int t = 0; t < n; ++t) sum += weights[t] * Simd::LoadPixel(pixels + 3 * t);
    return sum >> kBits;
  }

  template <int taps_or_zero>
  static void ResizeRowOf(const uint8_t* row, const ResampleTaps& taps, bool flip, uint8_t* out, size_t plane) {
    const int count = taps.count();
    const auto at = [&](int x) __attribute__((always_inline)) {
      return Resized<taps_or_zero>(row, taps, flip ? count - 1 - x : x);
    };
    int x = 0;
    for (; x + 4 <= count; x += 4) {
      const Pixel a = at(x), b = at(x + 1), c = at(x + 2), d = at(x + 3);
      const Pixel reds_greens_ab = __builtin_shufflevector(a, b, 0, 4, 1, 5);
      const Pixel reds_greens_cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
      const Pixel blues_ab = __builtin_shufflevector(a, b, 2, 6, 2, 6);
      const Pixel blues_cd = __builtin_shufflevector(c, d, 2, 6, 2, 6);
      Simd::StoreFour(out + x, __builtin_shufflevector(reds_greens_ab, reds_greens_cd, 0, 1, 4, 5));
      Simd::StoreFour(out + plane + x, __builtin_shufflevector(reds_greens_ab, reds_greens_cd, 2, 3, 6, 7));
      Simd::StoreFour(out + 2 * plane + x, __builtin_shufflevector(blues_ab, blues_cd, 0, 1, 4, 5));
    }
    for (; x < count; ++x) {
      const Pixel pixel = at(x);
      for (int c = 0; c < 3; ++c) out[c * plane + x] = static_cast<uint8_t>(pixel[c]);
    }
  }

  static void ResizeRow(const uint8_t* row, const ResampleTaps& taps, bool flip, uint8_t* out, size_t plane) {
    if (taps.taps() == kEnlarging) return ResizeRowOf<kEnlarging>(row, taps, flip, out, plane);
    ResizeRowOf<0>(row, taps, flip, out, plane);
  }

  template <int taps_or_zero>
  static void AddRowsOf(const uint8_t* rows, size_t stride, const int32_t* weights, int taps, size_t count,
                        uint8_t* out) {
    const int n = taps_or_zero ? taps_or_zero : taps;
    size_t i = 0;
    for (; i + kStep <= count; i += kStep) {
      Ints sum = Simd::AllInts(kHalf);
      for (int t = 0; t < n; ++t) sum += weights[t] * Simd::LoadBytes(rows + t * stride + i);
      Simd::StoreBytes(out + i, sum >> kBits);
    }
    // A picture's own rows may not be overrun.
    for (; i < count; ++i) {
      int32_t sum = kHalf;
      for (int t = 0; t < n; ++t) sum += weights[t] * rows[t * stride + i];
      out[i] = static_cast<uint8_t>(sum >> kBits);
    }
  }

  static void AddRows(const uint8_t* rows, size_t stride, const int32_t* weights, int taps, size_t count,
                      uint8_t* out) {
    if (taps == kEnlarging) return AddRowsOf<kEnlarging>(rows, stride, weights, taps, count, out);
    AddRowsOf<0>(rows, stride, weights, taps, count, out);
  }

  static SHOAL_INLINE Floats Load(const uint8_t* from) { return Simd::ToFloats(Simd::LoadBytes(from)); }

  // Cut to [0, 255], then towards zero, as PIL's blending does.
  static SHOAL_INLINE Ints Blend(Floats from, Floats to, Floats factor) {
    const Floats level = from + factor * (to - from), most = Simd::All(255);
    const Floats positive = level > 0 ? level : Simd::All(0);
    return Simd::ToInts(positive < most ? positive : most);
  }

  static void BlendWithLevel(uint8_t* planes, size_t plane, int level, float factor) {
    const Floats from = Simd::All(static_cast<float>(level)), factors = Simd::All(factor);
    for (uint8_t *at = planes, *end = planes + 3 * plane; at < end; at += kStep) {
      Simd::StoreBytes(at, Blend(from, Load(at), factors));
    }
  }

  static SHOAL_INLINE Ints GreyOf(Ints red, Ints green, Ints blue) {
    return (19595 * red + 38470 * green + 7471 * blue + 32768) >> 16;
  }
  static SHOAL_INLINE Ints GreyAt(const uint8_t* red, size_t plane) {
    return GreyOf(Simd::LoadBytes(red), Simd::LoadBytes(red + plane), Simd::LoadBytes(red + 2 * plane));
  }

  static void BlendWithGrey(uint8_t* planes, size_t plane, float factor) {
    const Floats factors = Simd::All(factor);
    for (uint8_t *at = planes, *end = planes + plane; at < end; at += kStep) {
      const Ints red = Simd::LoadBytes(at), green = Simd::LoadBytes(at + plane), blue = Simd::LoadBytes(at + 2 * plane);
      const Floats grey = Simd::ToFloats(GreyOf(red, green, blue));
      Simd::StoreBytes(at, Blend(grey, Simd::ToFloats(red), factors));
      Simd::StoreBytes(at + plane, Blend(grey, Simd::ToFloats(green), factors));
      Simd::StoreBytes(at + 2 * plane, Blend(grey, Simd::ToFloats(blue), factors));
    }
  }

  struct Hsv {
    Floats hue, saturation, value;  // Hue and value in steps of 1 / 255, saturation of [0, 1].
  };

  // As PIL has them, of 8 bits each. Each division and each sum stands as it must: another order gives hues that are
  // one step off where a hue falls on a step.
  static SHOAL_INLINE Hsv ToHsv(Floats red, Floats green, Floats blue) {
    const Floats one = Simd::All(1);
    const Floats rg_most = red > green ? red : green, rg_least = red > green ? green : red;
    const Floats most = rg_most > blue ? rg_most : blue, least = rg_least < blue ? rg_least : blue;
    const Floats spread = most - least, middle = ((red + green) + blue) - most - least;
    // The hue where the greatest channel is alone, and the two others in the circle's order.
    const auto is_red = red == most, is_green = green == most;
    const Floats sector = is_red ? Simd::All(0) : is_green ? Simd::All(2) : Simd::All(4);
    const Floats next = is_red ? green : is_green ? blue : red, last = is_red ? blue : is_green ? red : green;
    const Floats share = (most - middle) / (spread > 0 ? spread : one);
    const Floats sixths = next < last ? (sector - 1) + share : (sector + 1) - share;
    const Floats circle = sixths / 6;
    const Floats hue = circle < 0 ? circle + 1 : circle;
    const Floats saturation = spread / (most > 0 ? most : one);
    return {Simd::ToFloats(Simd::ToInts(hue * 255)), Simd::ToFloats(Simd::ToInts(saturation * 255)) * (1.0f / 255),
            most};
  }

  static void TurnHue(uint8_t* planes, size_t plane, uint8_t turn) {
    const Floats one = Simd::All(1), half = Simd::All(0.5f), turns = Simd::All(turn);
    for (uint8_t *at = planes, *end = planes + plane; at < end; at += kStep) {
      Hsv hsv = ToHsv(Load(at), Load(at + plane), Load(at + 2 * plane));
      hsv.hue += turns;
      hsv.hue = hsv.hue > 255 ? hsv.hue - 256 : hsv.hue;
      // Within a sixth of the circle one channel is the greatest, one the least, and one rises or falls in between.
      const Floats six = hsv.hue * 6;
      const Ints sixth = Simd::ToInts((six + half) * (1.0f / 255));
      const Floats part = (six - 255 * Simd::ToFloats(sixth)) * (1.0f / 255);
      const Floats between = (sixth & 1) != 0 ? part : one - part;
      const Ints high = Simd::ToInts(hsv.value);
      const Ints low = Simd::ToInts(hsv.value * (one - hsv.saturation) + half);
      const Ints middle = Simd::ToInts(hsv.value * (one - hsv.saturation * between) + half);
      const auto is = [sixth](int n) __attribute__((always_inline)) { return sixth == n; };
      Simd::StoreBytes(at, (is(1) | is(4)) != 0 ? middle : (is(2) | is(3)) != 0 ? low : high);
      Simd::StoreBytes(at + plane, (is(0) | is(3) | is(6)) != 0 ? middle : (is(1) | is(2)) != 0 ? high : low);
      Simd::StoreBytes(at + 2 * plane, (is(2) | is(5)) != 0 ? middle : (is(3) | is(4)) != 0 ? high : low);
    }
  }

  static void Grey(uint8_t* planes, size_t plane) {
    for (uint8_t *at = planes, *end = planes + plane; at < end; at += kStep) {
      const Ints grey = GreyAt(at, plane);
      for (int c = 0; c < 3; ++c) Simd::StoreBytes(at + c * plane, grey);
    }
  }

  static uint64_t SumOfGrey(const uint8_t* planes, size_t plane, size_t pixels) {
    // Each lane's sum of so many stays below 2^31.
    constexpr size_t kPiece = size_t{1} << 20;
    uint64_t total = 0;
    size_t i = 0;
    while (i + kStep <= pixels) {
      const size_t end = pixels < i + kPiece ? pixels : i + kPiece;
      Ints sums = Simd::AllInts(0);
      for (; i + kStep <= end; i += kStep) sums += GreyAt(planes + i, plane);
      for (int lane = 0; lane < kStep; ++lane) total += sums[lane];
    }
    if (i == pixels) return total;
    const Ints rest = GreyAt(planes + i, plane);
    for (int lane = 0; i < pixels; ++i, ++lane) total += rest[lane];
    return total;
  }

  static void Solarise(uint8_t* planes, size_t plane, int threshold) {
    const Ints thresholds = Simd::AllInts(threshold);
    for (uint8_t *at = planes, *end = planes + 3 * plane; at < end; at += kStep) {
      const Ints value = Simd::LoadBytes(at);
      Simd::StoreBytes(at, value < thresholds ? value : 255 - value);
    }
  }

  static void BlurDown(const uint8_t* row, const uint8_t* const* above, const uint8_t* const* below,
                       const float* weights, int radius, size_t count, float* out) {
    for (size_t x = 0; x < count; x += kStep) {
      Floats sum = weights[0] * Load(row + x);
      for (int k = 1; k <= radius; ++k) {
        sum += weights[k] * Simd::ToFloats(Simd::LoadBytes(above[k] + x) + Simd::LoadBytes(below[k] + x));
      }
      Simd::StoreFloats(out + x, sum);
    }
  }

  static void BlurAlong(const float* row, const float* weights, int radius, size_t count, uint8_t* out) {
    for (size_t x = 0; x < count; x += kStep) {
      const float* const centre = row + radius + x;
      Floats sum = weights[0] * Simd::LoadFloats(centre) + 0.5f;
      for (int k = 1; k <= radius; ++k) {
        sum += weights[k] * (Simd::LoadFloats(centre - k) + Simd::LoadFloats(centre + k));
      }
      Simd::StoreBytes(out + x, Simd::ToInts(sum));
    }
  }

  // A plain loop: this one the compiler turns into vectors well.
  static void Normalise(const uint8_t* __restrict planes, size_t plane, size_t pixels, const float* __restrict scales,
                        const float* __restrict offsets, float* __restrict out) {
    const uint8_t *red = planes, *green = planes + plane, *blue = planes + 2 * plane;
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
