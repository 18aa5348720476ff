#include "common/random.h"

#include <array>
#include <set>

#include "gtest/gtest.h"

namespace shoal {
namespace {

// The first outputs of SplitMix64 seeded with 0 and with 1234567, as its authors' reference code gives them.
TEST(CounterRandomTest, IsSplitMix64) {
  CounterRandom zero(0);
  EXPECT_EQ(zero.Next(), 0xe220a8397b1dcdafu);
  EXPECT_EQ(zero.Next(), 0x6e789e6aa1b965f4u);
  CounterRandom seeded(1234567);
  EXPECT_EQ(seeded.Next(), 6457827717110365317u);
  EXPECT_EQ(seeded.Next(), 3203168211198807973u);
}

TEST(CounterRandomTest, TheNthNumberDependsOnKeyAndPositionOnly) {
  CounterRandom from_start(StreamKey(1, 2));
  for (uint64_t position = 0; position < 100; ++position) {
    EXPECT_EQ(CounterRandom(StreamKey(1, 2), position).Next(), from_start.Next()) << position;
  }
}

TEST(CounterRandomTest, NumbersBelowABoundAreUniform) {
  constexpr int kBound = 10, kDraws = 100000;
  CounterRandom random(StreamKey(42, 0));
  std::array<int, kBound> counts{};
  for (int i = 0; i < kDraws; ++i) ++counts.at(random.NextBelow(kBound));
  double chi_squared = 0;
  for (const int count : counts) {
    constexpr double kExpected = double{kDraws} / kBound;
    chi_squared += (count - kExpected) * (count - kExpected) / kExpected;
  }
  // 9 degrees of freedom: above 27.9 once in a thousand keys, and this key is fixed.
  EXPECT_LT(chi_squared, 27.9);
}

TEST(CounterRandomTest, NumbersBelowTheLargestBoundReachAllOfIt) {
  CounterRandom random(7);
  uint32_t all_bits = 0;
  for (int i = 0; i < 100; ++i) all_bits |= random.NextBelow(0xffffffffu);
  EXPECT_EQ(all_bits, 0xffffffffu);
  EXPECT_EQ(random.NextBelow(1), 0);
}

TEST(CounterRandomTest, FloatsAreUniformFromZeroToBelowOne) {
  CounterRandom random(3);
  double sum = 0;
  for (int i = 0; i < 100000; ++i) {
    const float value = random.NextFloat();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    sum += value;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.005);
}

TEST(CounterRandomTest, DoublesAreUniformWithAllTheirBits) {
  CounterRandom random(10);
  double sum = 0;
  int finer_than_floats = 0;
  for (int i = 0; i < 100000; ++i) {
    const double value = random.NextDouble();
    ASSERT_GE(value, 0);
    ASSERT_LT(value, 1);
    finer_than_floats += value != static_cast<float>(value);
    sum += value;
  }
  EXPECT_NEAR(sum / 100000, 0.5, 0.005);
  EXPECT_GT(finer_than_floats, 99000);
}

TEST(StreamKeyTest, KeysOfPartsAndOfTheirPartsDiffer) {
  std::set<uint64_t> keys;
  for (uint64_t epoch = 0; epoch < 30; ++epoch) {
    for (uint64_t unit = 0; unit < 300; ++unit) keys.insert(StreamKey(StreamKey(1, epoch), unit));
  }
  EXPECT_EQ(keys.size(), 30 * 300);
  EXPECT_NE(StreamKey(StreamKey(1, 2), 3), StreamKey(StreamKey(1, 3), 2));
}

}  // namespace
}  // namespace shoal
