#include "data/images/shrink.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "data/images/resample_taps.h"

namespace shoal {
namespace {

constexpr int32_t kHalf = 1 << (ResampleTaps::kFractionBits - 1);

uint8_t Rounded(int32_t sum) {
  return static_cast<uint8_t>(std::clamp((sum + kHalf) >> ResampleTaps::kFractionBits, 0, 255));
}

// The samples of the larger picture that make one of the smaller, along one side.
struct Sum {
  int first = 0;
  std::span<const int32_t> weights;
};

// Without the taps of weight 0, which make their number the same for all: of pictures shrunk a little they are half.
std::vector<Sum> SumsOf(const ResampleTaps& taps) {
  std::vector<Sum> sums;
  for (int i = 0; i < taps.count(); ++i) {
    int begin = 0, end = taps.taps();
    while (end > 1 && taps.weights(i)[end - 1] == 0) --end;
    while (begin < end - 1 && taps.weights(i)[begin] == 0) ++begin;
    sums.push_back({taps.start(i) + begin, {taps.weights(i) + begin, taps.weights(i) + end}});
  }
  return sums;
}

void ShrinkRow(const uint8_t* row, const std::vector<Sum>& columns, uint8_t* out) {
  for (const Sum& column : columns) {
    int32_t red = 0, green = 0, blue = 0;
    const uint8_t* from = row + size_t{3} * column.first;
    for (const int32_t weight : column.weights) {
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

// Each row by itself.
ImageView ShrinkAlongRows(const ImageView& picture, const std::vector<Sum>& columns, ImageBuffer* buffer) {
  const size_t from_bytes = size_t{3} * picture.width, row_bytes = size_t{3} * columns.size();
  uint8_t* const out = buffer->Back(row_bytes * picture.height);
  for (int y = 0; y < picture.height; ++y) ShrinkRow(picture.pixels + from_bytes * y, columns, out + row_bytes * y);
  buffer->Flip();
  return {out, static_cast<int>(columns.size()), picture.height};
}

// Sums of whole rows.
ImageView ShrinkDownColumns(const ImageView& picture, const std::vector<Sum>& rows, ImageBuffer* buffer) {
  const size_t row_bytes = size_t{3} * picture.width;
  uint8_t* const pixels = buffer->Back(row_bytes * rows.size());
  std::vector<int32_t> sums(row_bytes);
  int32_t* const sum = sums.data();
  uint8_t* out = pixels;
  for (const Sum& row : rows) {
    std::fill(sums.begin(), sums.end(), 0);
    const uint8_t* from = picture.pixels + row_bytes * row.first;
    for (const int32_t weight : row.weights) {
      for (size_t i = 0; i < row_bytes; ++i) sum[i] += weight * from[i];
      from += row_bytes;
    }
    for (size_t i = 0; i < row_bytes; ++i) *out++ = Rounded(sum[i]);
  }
  buffer->Flip();
  return {pixels, picture.width, static_cast<int>(rows.size())};
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
  ResampleTaps columns, rows;
  columns.Make(picture.width, size.width, 0, size.width);
  rows.Make(picture.height, size.height, 0, size.height);
  if (ColumnsFirst(picture.width, picture.height, size.width, size.height)) {
    return ShrinkAlongRows(ShrinkDownColumns(picture, SumsOf(rows), buffer), SumsOf(columns), buffer);
  }
  return ShrinkDownColumns(ShrinkAlongRows(picture, SumsOf(columns), buffer), SumsOf(rows), buffer);
}

}  // namespace shoal
