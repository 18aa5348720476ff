#include "data/images/shrink.h"

#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "common/random.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

class ShrinkTest : public ::testing::Test {
 protected:
  ImageView Shrunk(const std::vector<uint8_t>& samples, PictureSize from, PictureSize to) {
    uint8_t* const pixels = buffer_.Back(samples.size());
    std::memcpy(pixels, samples.data(), samples.size());
    buffer_.Flip();
    return Shrink({pixels, from.width, from.height}, to, &buffer_);
  }

  ImageBuffer buffer_;
};

// One side's weights by the definition: a triangle of twice the step's width around the centre.
std::vector<double> Weights(int from, int to, int i) {
  const double step = static_cast<double>(from) / to, centre = (i + 0.5) * step;
  std::vector<double> weights;
  double sum = 0;
  for (int at = 0; at < from; ++at) {
    weights.push_back(std::max(0.0, 1 - std::abs((at + 0.5 - centre) / step)));
    sum += weights.back();
  }
  for (double& weight : weights) weight /= sum;
  return weights;
}

TEST_F(ShrinkTest, IsATriangleFilterOfBothSides) {
  const PictureSize from{61, 47}, to{23, 17};
  std::vector<uint8_t> samples(size_t{3} * from.width * from.height);
  CounterRandom random(7);
  for (uint8_t& sample : samples) sample = static_cast<uint8_t>(random.Next());
  const ImageView view = Shrunk(samples, from, to);
  for (int y = 0; y < to.height; ++y) {
    const std::vector<double> rows = Weights(from.height, to.height, y);
    for (int x = 0; x < to.width; ++x) {
      const std::vector<double> columns = Weights(from.width, to.width, x);
      for (int channel = 0; channel < 3; ++channel) {
        double expected = 0;
        for (int v = 0; v < from.height; ++v) {
          for (int u = 0; u < from.width; ++u) {
            expected += rows[v] * columns[u] * samples[3 * (size_t{1} * v * from.width + u) + channel];
          }
        }
        // Rounded to whole levels after each side.
        EXPECT_NEAR(view.pixels[3 * (y * to.width + x) + channel], expected, 1.01);
      }
    }
  }
}

TEST_F(ShrinkTest, APlainPictureStaysPlain) {
  for (const uint8_t level : {0, 1, 128, 254, 255}) {
    const ImageView view = Shrunk(std::vector<uint8_t>(3 * 50 * 40, level), {50, 40}, {13, 9});
    EXPECT_TRUE(std::all_of(view.pixels, view.pixels + view.bytes(), [&](uint8_t v) { return v == level; }));
  }
}

TEST_F(ShrinkTest, AChessboardBecomesGreyInsteadOfAPattern) {
  std::vector<uint8_t> samples;
  for (int i = 0; i < 64 * 64; ++i) samples.insert(samples.end(), 3, (i % 64 + i / 64) % 2 == 0 ? 0 : 255);
  const ImageView view = Shrunk(samples, {64, 64}, {16, 16});
  for (size_t i = 0; i < view.bytes(); ++i) EXPECT_NEAR(view.pixels[i], 127.5, 8);
}

TEST_F(ShrinkTest, SizesKeepTheShapeAndNeverGrow) {
  EXPECT_EQ(ShrunkSize({640, 480}, 256), (PictureSize{341, 256}));
  EXPECT_EQ(ShrunkSize({480, 640}, 256), (PictureSize{256, 341}));
  EXPECT_EQ(ShrunkSize({100, 90}, 96), (PictureSize{100, 90}));
  EXPECT_EQ(ShrunkSize({100, 97}, 96), (PictureSize{99, 96}));
  EXPECT_EQ(ShrunkSize({100, 50}, 0), (PictureSize{100, 50}));
  EXPECT_EQ(ShrunkSize({1000000, 2}, 1), (PictureSize{500000, 1}));
}

// Checksums of Pillow 13.0's Image.frombytes("RGB", (w, h), samples).resize(size, Image.Resampling.BILINEAR).tobytes().
TEST_F(ShrinkTest, TheBytesArePillowsWhicheverSideComesFirst) {
  const auto checksum = [&](PictureSize from, PictureSize to) {
    std::vector<uint8_t> samples(size_t{3} * from.width * from.height);
    for (size_t i = 0; i < samples.size(); ++i) {
      samples[i] = static_cast<uint8_t>(static_cast<uint32_t>(i + 1) * 2654435761u >> 24);
    }
    const ImageView view = Shrunk(samples, from, to);
    EXPECT_EQ(view.width, to.width);
    EXPECT_EQ(view.height, to.height);
    return ::crc32(0, view.pixels, static_cast<uInt>(view.bytes()));
  };
  EXPECT_EQ(checksum({61, 47}, {23, 17}), 0x5b9cb500);
  EXPECT_EQ(checksum({40, 200}, {16, 80}), 0xc6dd295b);
  EXPECT_EQ(checksum({64, 100}, {64, 10}), 0x1f82516e);
}

}  // namespace
}  // namespace shoal
