#include "common/format.h"

#include <gtest/gtest.h>

#include <limits>

namespace shoal {
namespace {

TEST(FormatTest, BytesHaveTwoDigitsAtLeastAndPowersOfAThousand) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(999), "999 B");
  EXPECT_EQ(FormatBytes(1500), "1.5 kB");
  EXPECT_EQ(FormatBytes(999600), "1.0 MB");
  EXPECT_EQ(FormatBytes(62'000'000), "62 MB");
  EXPECT_EQ(FormatBytes(std::numeric_limits<uint64_t>::max()), "18 EB");
}

TEST(FormatTest, CountsAreGroupedByThousands) {
  EXPECT_EQ(FormatCount(0), "0");
  EXPECT_EQ(FormatCount(999), "999");
  EXPECT_EQ(FormatCount(1000), "1,000");
  EXPECT_EQ(FormatCount(18430000), "18,430,000");
}

TEST(FormatTest, ScaledNumbersHaveThreeDigitsAndAUnit) {
  EXPECT_EQ(FormatScaled(0), "0");
  EXPECT_EQ(FormatScaled(0.1234), "0.123");
  EXPECT_EQ(FormatScaled(12), "12");
  EXPECT_EQ(FormatScaled(1234), "1234");
  EXPECT_EQ(FormatScaled(505'888), "506 k");
  EXPECT_EQ(FormatScaled(1'834'000), "1.83 M");
  EXPECT_EQ(FormatScaled(-2.5e9), "-2.5 G");
}

TEST(FormatTest, AScaledNumberThatRoundsToAThousandHasTheNextUnit) {
  EXPECT_EQ(FormatScaled(999'400), "999 k");
  EXPECT_EQ(FormatScaled(999'600), "1 M");
  EXPECT_EQ(FormatScaled(999'600'000), "1 G");
}

TEST(FormatTest, ClocksCountMinutesAndSecondsAndHoursWhereThereAreAny) {
  EXPECT_EQ(FormatClock(192), "3:12");
  EXPECT_EQ(FormatClock(7392), "2:03:12");
  EXPECT_EQ(FormatClock(-1), "0:00");
  EXPECT_EQ(FormatClock(1e300), "999:00:00");
}

TEST(FormatTest, TheUnitsOfADurationFitItsLength) {
  EXPECT_EQ(FormatDuration(0.4), "0.4 s");
  EXPECT_EQ(FormatDuration(59.4), "59 s");
  EXPECT_EQ(FormatDuration(192), "3 min 12 s");
  EXPECT_EQ(FormatDuration(7380), "2 h 03 min");
  EXPECT_EQ(FormatDuration(1e300), "999 h 00 min");
}

}  // namespace
}  // namespace shoal
