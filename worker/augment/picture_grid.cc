#include "worker/augment/picture_grid.h"

#include <algorithm>
#include <cstring>

#include "common/format.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr int kMargin = 4;
constexpr uint8_t kPaper = 255;
// Pictures are enlarged to about so many pixels.
constexpr int kComfortableSide = 128;

int EnlargementOf(int side) { return std::max(1, kComfortableSide / side); }

}  // namespace

absl::StatusOr<PictureGrid> PictureGrid::Create(int rows, int columns, int side) {
  const int64_t cell = int64_t{side} * EnlargementOf(side) + kMargin;
  const int64_t width = cell * columns + kMargin, height = cell * rows + kMargin;
  if (width > kMostPixels / height) {
    return ResourceExhausted("a sheet of ", rows, " x ", columns, " pictures, ", side, " pixels wide each, has ", width,
                             " x ", height, " pixels, more than the limit of ", FormatCount(kMostPixels),
                             "; ask for fewer pictures");
  }
  return PictureGrid(rows, columns, side);
}

PictureGrid::PictureGrid(int rows, int columns, int side)
    : side_(side),
      enlargement_(EnlargementOf(side)),
      cell_(side * enlargement_ + kMargin),
      width_(cell_ * columns + kMargin),
      height_(cell_ * rows + kMargin),
      pixels_(size_t{3} * width_ * height_, kPaper) {}

void PictureGrid::Fill(int row, int column, const uint8_t* picture) {
  const int side = side_ * enlargement_;
  for (int y = 0; y < side; ++y) {
    const uint8_t* const from = picture + size_t{3} * side_ * (y / enlargement_);
    uint8_t* const to =
        pixels_.data() + (size_t{1} * (kMargin + row * cell_ + y) * width_ + kMargin + column * cell_) * 3;
    for (int x = 0; x < side; ++x) std::memcpy(to + 3 * x, from + 3 * (x / enlargement_), 3);
  }
}

}  // namespace shoal
