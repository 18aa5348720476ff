// ImageView: a picture in memory as 8-bit RGB, the one form in which pictures go from decoders to augmentation.
//
// Thread rule: a value; whoever made the pixels keeps them.

#pragma once

#include <cstddef>
#include <cstdint>

namespace shoal {

struct ImageView {
  const uint8_t* pixels = nullptr;  // [height, width, 3], red first, no padding between rows.
  int width = 0;
  int height = 0;

  size_t bytes() const { return size_t{3} * width * height; }
};

}  // namespace shoal
