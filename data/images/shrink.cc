#include "data/images/shrink.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "data/images/resample_taps.h"

namespace shoal {
namespace {

constexpr int32_t kHalf = 1 << (ResampleTaps::kFractionBits - 1);

uint8_t Rounded(int32_t sum) {
  return static_cast<uint8_t>(std::clamp((sum + kHalf) >> ResampleTaps::kFractionBits, 0, 255));
}

void ShrinkRow(const uint8_t* row, const ResampleTaps& columns, uint8_t* out) {
  for (int i = 0; i < columns.count(); ++i) {
    int32_t red = 0, green = 0, blue = 0;
    const int32_t* const weights = columns.weights(i);
    const uint8_t* from = row + size_t{3} * columns.start(i);
    for (int t = 0; t < columns.taps(); ++t, from += 3) {
      red += weights[t] * from[0];
      green += weights[t] * from[1];
      blue += weights[t] * from[2];
    }
    *out++ = Rounded(red);
    *out++ = Rounded(green);
    *out++ = Rounded(blue);
  }
}

// Each row by itself.
ImageView ShrinkAlongRows(const ImageView& picture, const ResampleTaps& columns, ImageBuffer* buffer) {
  const size_t from_bytes = size_t{3} * picture.width, row_bytes = size_t{3} * columns.count();
  uint8_t* const out = buffer->Back(row_bytes * picture.height);
  for (int y = 0; y < picture.height; ++y) ShrinkRow(picture.pixels + from_bytes * y, columns, out + row_bytes * y);
  buffer->Flip();
  return {out, columns.count(), picture.height};
}

// Sums of whole rows.
ImageView ShrinkDownColumns(const ImageView& picture, const ResampleTaps& rows, ImageBuffer* buffer) {
  const size_t row_bytes = size_t{3} * picture.width;
  uint8_t* const out = buffer->Back(row_bytes * rows.count());
  std::vector<int32_t> sums(row_bytes);
  for (int y = 0; y < rows.count(); ++y) {
    std::fill(sums.begin(), sums.end(), 0);
    int32_t* const sum = sums.data();
    const uint8_t* from = picture.pixels + row_bytes * rows.start(y);
    for (int t = 0; t < rows.taps(); ++t, from += row_bytes) {
      const int32_t weight = rows.weights(y)[t];
      for (size_t i = 0; i < row_bytes; ++i) sum[i] += weight * from[i];
    }
    for (size_t i = 0; i < row_bytes; ++i) out[row_bytes * y + i] = Rounded(sum[i]);
  }
  buffer->Flip();
  return {out, picture.width, rows.count()};
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
    return ShrinkAlongRows(ShrinkDownColumns(picture, rows, buffer), columns, buffer);
  }
  return ShrinkDownColumns(ShrinkAlongRows(picture, columns, buffer), rows, buffer);
}

}  // namespace shoal
