// PictureGrid: square pictures of one size in rows and columns on white paper, for people to look at. Small ones are
// enlarged by a whole number.
//
// Thread rule: a value.

#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "data/images/image_view.h"

namespace shoal {

class PictureGrid {
 public:
  // Of pictures [side, side, 3]; all numbers are at least 1. Room is taken for all of them at once: ResourceExhausted
  // where that is more than kMostPixels, 3 bytes each.
  static constexpr int64_t kMostPixels = int64_t{1} << 28;
  static absl::StatusOr<PictureGrid> Create(int rows, int columns, int side);

  void Fill(int row, int column, const uint8_t* picture);

  ImageView view() const { return {pixels_.data(), width_, height_}; }

 private:
  PictureGrid(int rows, int columns, int side);

  const int side_, enlargement_, cell_;  // cell_: pixels of a cell's side, with its margin.
  const int width_, height_;
  std::vector<uint8_t> pixels_;  // [height, width, 3]
};

}  // namespace shoal
