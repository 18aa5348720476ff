#include "tests/unit/worker/augment/pixmap.h"

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "common/random.h"

namespace shoal {

Pixmap ReadPpm(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string magic;
  int width = 0, height = 0, most = 0;
  file >> magic >> width >> height >> most;
  file.get();
  Pixmap pixmap(width, height);
  file.read(reinterpret_cast<char*>(pixmap.pixels.data()), static_cast<std::streamsize>(pixmap.pixels.size()));
  if (!file || magic != "P6" || most != 255) {
    ADD_FAILURE() << path << " is no binary PPM of 8 bits";
    std::abort();
  }
  return pixmap;
}

Pixmap Waves(int width, int height) {
  Pixmap pixmap(width, height);
  CounterRandom random(7);
  size_t at = 0;
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      for (int c = 0; c < 3; ++c) {
        const double wave = 127 + 100 * std::sin(0.11 * (c + 1) * x + 0.07 * (4 - c) * y + c);
        pixmap.pixels[at++] = static_cast<uint8_t>(wave + random.NextBelow(28));
      }
    }
  }
  return pixmap;
}

}  // namespace shoal
