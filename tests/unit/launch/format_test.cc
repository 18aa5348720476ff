#include "launch/format.h"

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

TEST(FormatTest, DurationsAndRatesAreShort) {
  EXPECT_EQ(FormatScaled(12), "12");
  EXPECT_EQ(FormatScaled(830000), "830 k");
  EXPECT_EQ(FormatScaled(1834000), "1.83 M");
  EXPECT_EQ(FormatDuration(192), "3:12");
  EXPECT_EQ(FormatDuration(7392), "2:03:12");
  EXPECT_EQ(FormatDuration(-1), "0:00");
  EXPECT_EQ(FormatDuration(1e300), "999:00:00");
}

}  // namespace
}  // namespace shoal
