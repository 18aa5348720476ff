#include "data/images/pixel_sums.h"

#include <cmath>
#include <vector>

#include "common/random.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

TEST(PixelSumsTest, AreTheMeanAndDeviationOfAllPixelsByChannel) {
  CounterRandom random(5);
  PixelSums sums, half;
  std::vector<double> values[3];
  for (const auto& [width, height] : {std::pair{1, 1}, {5, 3}, {16, 1}, {17, 1}, {31, 67}, {640, 480}}) {
    std::vector<uint8_t> samples(size_t{3} * width * height);
    for (size_t i = 0; i < samples.size(); ++i) {
      // Each channel has a range of its own.
      samples[i] = static_cast<uint8_t>(random.NextBelow(256 >> (i % 3)));
      values[i % 3].push_back(samples[i] / 255.0);
    }
    (width % 2 == 0 ? sums : half).Add({samples.data(), width, height});
  }
  sums.Add(half);
  EXPECT_EQ(sums.pictures(), 6u);
  const ChannelStatistics statistics = sums.Statistics();
  for (int channel = 0; channel < 3; ++channel) {
    double mean = 0, square = 0;
    for (const double value : values[channel]) mean += value / static_cast<double>(values[channel].size());
    for (const double value : values[channel]) square += (value - mean) * (value - mean);
    EXPECT_NEAR(statistics.mean[channel], mean, 1e-12);
    EXPECT_NEAR(statistics.deviation[channel], std::sqrt(square / static_cast<double>(values[channel].size())), 1e-12);
  }
}

TEST(PixelSumsTest, WhitePicturesOfAnySizeDoNotOverflow) {
  const std::vector<uint8_t> white(size_t{3} * 5000 * 3000, 255);
  PixelSums sums;
  sums.Add({white.data(), 5000, 3000});
  EXPECT_EQ(sums.Statistics().mean[1], 1);
  EXPECT_EQ(sums.Statistics().deviation[1], 0);
}

TEST(PixelSumsTest, NoPixelsGiveZeros) { EXPECT_EQ(PixelSums().Statistics().mean[0], 0); }

}  // namespace
}  // namespace shoal
