// ResampleTaps: which pixels of a line make which pixel of the resized line, and with what weights.
//
// Bilinear with antialiasing, as PIL resizes 8-bit pictures: a triangle as wide as one pixel of the smaller of the two
// lines, cut at the line's ends and normalised. Weights are integers of 22 fractional bits, so that a resized picture
// is the same on every processor, and equal to PIL's.
//
// Thread rule: like a container; used by one thread. ColumnsFirst is a pure function.
// Source: Pillow 13, src/libImaging/Resample.c.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shoal {

// Whether a box of pixels is resized down its columns first, then along its rows. Which way comes first shows, as there
// are 8 bits in between. Pillow's rule since version 13; earlier ones always went along the rows first, which gives
// some values that are one level off where this does not.
bool ColumnsFirst(int from_width, int from_height, int64_t to_width, int64_t to_height);

class ResampleTaps {
 public:
  static constexpr int kFractionBits = 22;

  // The taps of each pixel of a line of `from` pixels resized to `to`.
  static int TapsOf(int from, int64_t to);

  // Of pixels [first, first + count) of a line of `from` pixels resized to `to`; `count` is 1 at least. Calls may
  // follow each other: memory is kept.
  void Make(int from, int64_t to, int64_t first, int count);

  int count() const { return static_cast<int>(starts_.size()); }
  // Taps of each pixel: the same number for all, with weights of 0 where fewer would do.
  int taps() const { return taps_; }
  // Pixel `i` is the sum over t of weights(i)[t] * line[start(i) + t]; start(i) + taps() is at most `from`.
  int start(int i) const { return starts_[i]; }
  const int32_t* weights(int i) const { return weights_.data() + static_cast<size_t>(i) * taps_; }

 private:
  int taps_ = 0;
  std::vector<int32_t> starts_;   // [count]
  std::vector<int32_t> weights_;  // [count, taps]
  std::vector<double> exact_;     // [taps], of one pixel.
};

}  // namespace shoal
