#include "data/images/shrink.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <vector>

namespace shoal {
namespace {

// Weights in fixed point; 8-bit samples times weights that sum to one fit 31 bits.
constexpr int kWeightBits = 22;
constexpr int32_t kHalf = 1 << (kWeightBits - 1);

// The samples of the larger picture that make one of the smaller, along one side.
struct Taps {
  int first = 0;
  std::vector<int32_t> weights;
};

std::vector<Taps> TriangleTaps(int from, int to) {
  const double step = static_cast<double>(from) / to;
  std::vector<Taps> taps(to);
  for (int i = 0; i < to; ++i) {
    const double centre = (i + 0.5) * step;
    const int first = std::max(0, static_cast<int>(centre - step + 0.5));
    const int last = std::min(from, static_cast<int>(centre + step + 0.5));
    std::vector<double> weights;
    double sum = 0;
    for (int at = first; at < last; ++at) {
      weights.push_back(std::max(0.0, 1 - std::abs(at + 0.5 - centre) / step));
      sum += weights.back();
    }
    taps[i].first = first;
    for (const double weight : weights) {
      taps[i].weights.push_back(static_cast<int32_t>(std::lround(weight / sum * (1 << kWeightBits))));
    }
  }
  return taps;
}

uint8_t Rounded(int32_t sum) { return static_cast<uint8_t>(std::clamp((sum + kHalf) >> kWeightBits, 0, 255)); }

void ShrinkRow(const uint8_t* row, const std::vector<Taps>& columns, uint8_t* out) {
  for (const Taps& taps : columns) {
    int32_t red = 0, green = 0, blue = 0;
    const uint8_t* from = row + size_t{3} * taps.first;
    for (const int32_t weight : taps.weights) {
      red += weight * from[0];
      green += weight * from[1];
      blue += weight * from[2];
      from += 3;
    }
    *out++ = Rounded(red);
    *out++ = Rounded(green);
    *out++ = Rounded(blue);
  }
}

// One row of `out` from rows of `row_bytes` bytes each; `sums` is as long.
void ShrinkColumns(const uint8_t* rows, size_t row_bytes, const Taps& taps, std::vector<int32_t>* sums, uint8_t* out) {
  std::fill(sums->begin(), sums->end(), 0);
  int32_t* const sum = sums->data();
  const uint8_t* from = rows + row_bytes * taps.first;
  for (const int32_t weight : taps.weights) {
    for (size_t i = 0; i < row_bytes; ++i) sum[i] += weight * from[i];
    from += row_bytes;
  }
  for (size_t i = 0; i < row_bytes; ++i) out[i] = Rounded(sum[i]);
}

}  // namespace

PictureSize ShrunkSize(PictureSize size, uint32_t shorter) {
  const int64_t least = std::min(size.width, size.height);
  if (shorter == 0 || least <= shorter) return size;
  const auto scaled = [&](int64_t side) { return static_cast<int>((side * shorter + least / 2) / least); };
  return {scaled(size.width), scaled(size.height)};
}

ImageView Shrink(const ImageView& picture, PictureSize size, ImageBuffer* buffer) {
  if (size == PictureSize{picture.width, picture.height}) return picture;
  const size_t row_bytes = size_t{3} * size.width;
  uint8_t* const narrow = buffer->Back(row_bytes * picture.height);
  const std::vector<Taps> columns = TriangleTaps(picture.width, size.width);
  for (int y = 0; y < picture.height; ++y) {
    ShrinkRow(picture.pixels + size_t{3} * picture.width * y, columns, narrow + row_bytes * y);
  }
  buffer->Flip();
  uint8_t* const out = buffer->Back(row_bytes * size.height);
  const std::vector<Taps> rows = TriangleTaps(picture.height, size.height);
  std::vector<int32_t> sums(row_bytes);
  for (int y = 0; y < size.height; ++y) ShrinkColumns(narrow, row_bytes, rows[y], &sums, out + row_bytes * y);
  buffer->Flip();
  return {out, size.width, size.height};
}

}  // namespace shoal
