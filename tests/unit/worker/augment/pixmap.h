// Pixmap: a small picture that owns its pixels, for tests; read from a binary PPM file, or made of a formula.
//
// Thread rule: a value.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/images/image_view.h"

namespace shoal {

struct Pixmap {
  int width = 0, height = 0;
  std::vector<uint8_t> pixels;  // [height, width, 3]

  Pixmap() = default;
  Pixmap(int width, int height) : width(width), height(height), pixels(size_t{3} * width * height) {}

  ImageView view() const { return {pixels.data(), width, height}; }
  uint8_t at(int x, int y, int channel) const { return pixels[(static_cast<size_t>(y) * width + x) * 3 + channel]; }
};

// Aborts the test program with a reason where `path` is no such file.
Pixmap ReadPpm(const std::string& path);

// Waves of each colour with some grain: like a photograph, no two pixels alike.
Pixmap Waves(int width, int height);

}  // namespace shoal
