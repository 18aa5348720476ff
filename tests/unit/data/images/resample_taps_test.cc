#include "data/images/resample_taps.h"

#include <gtest/gtest.h>

#include <cstdlib>

namespace shoal {
namespace {

constexpr int32_t kOne = 1 << ResampleTaps::kFractionBits;

TEST(ResampleTapsTest, WeightsSumToOneAndTapsLieWithinTheLine) {
  ResampleTaps taps;
  for (const int from : {1, 2, 3, 7, 32, 100, 999}) {
    for (const int to : {1, 2, 5, 32, 224}) {
      taps.Make(from, to, 0, to);
      ASSERT_EQ(taps.count(), to);
      for (int i = 0; i < to; ++i) {
        int32_t sum = 0;
        for (int t = 0; t < taps.taps(); ++t) {
          ASSERT_GE(taps.weights(i)[t], 0);
          sum += taps.weights(i)[t];
        }
        ASSERT_LE(std::abs(sum - kOne), taps.taps()) << from << " to " << to << ", pixel " << i;
        ASSERT_TRUE(taps.start(i) >= 0 && taps.start(i) + taps.taps() <= from);
      }
    }
  }
}

TEST(ResampleTapsTest, ALineOfTheSameLengthStaysAsItIs) {
  ResampleTaps taps;
  taps.Make(10, 10, 0, 10);
  for (int i = 0; i < 10; ++i) {
    for (int t = 0; t < taps.taps(); ++t) EXPECT_EQ(taps.weights(i)[t], taps.start(i) + t == i ? kOne : 0);
  }
}

TEST(ResampleTapsTest, ALineOfHalfTheLengthIsMadeByATriangleOfFourPixels) {
  ResampleTaps taps;
  taps.Make(20, 10, 0, 10);
  // Around 9.0, between pixels 8 and 9: distances .5 and 1.5 of a support of 2.
  const int offset = 7 - taps.start(4);
  const int32_t expected[] = {kOne / 8, kOne * 3 / 8, kOne * 3 / 8, kOne / 8};
  for (int t = 0; t < 4; ++t) EXPECT_EQ(taps.weights(4)[offset + t], expected[t]);
}

TEST(ResampleTapsTest, APartOfALineHasTheWholeLinesWeights) {
  ResampleTaps whole, part;
  whole.Make(300, 256, 0, 256);
  part.Make(300, 256, 16, 224);
  ASSERT_EQ(whole.taps(), part.taps());
  for (int i = 0; i < 224; ++i) {
    ASSERT_EQ(part.start(i), whole.start(i + 16));
    for (int t = 0; t < part.taps(); ++t) ASSERT_EQ(part.weights(i)[t], whole.weights(i + 16)[t]);
  }
}

}  // namespace
}  // namespace shoal
