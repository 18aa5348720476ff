#include "worker/images/epoch_order.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

std::vector<uint32_t> OrderOf(uint64_t seed, uint32_t epoch, uint64_t pictures) {
  EpochOrder order(seed, pictures);
  const auto all = order.At(epoch, 0, pictures);
  return {all.begin(), all.end()};
}

TEST(EpochOrderTest, EachEpochTakesEveryPictureOnce) {
  for (const uint32_t epoch : {0u, 1u, 7u}) {
    std::vector<uint32_t> order = OrderOf(1, epoch, 1000), expected(1000);
    std::iota(expected.begin(), expected.end(), 0u);
    EXPECT_NE(order, expected);
    std::sort(order.begin(), order.end());
    EXPECT_EQ(order, expected);
  }
}

TEST(EpochOrderTest, SeedAndEpochChooseTheOrderAndNothingElseDoes) {
  EXPECT_EQ(OrderOf(1, 3, 500), OrderOf(1, 3, 500));
  EXPECT_NE(OrderOf(1, 3, 500), OrderOf(1, 4, 500));
  EXPECT_NE(OrderOf(1, 3, 500), OrderOf(2, 3, 500));
  EpochOrder order(1, 500);
  order.At(9, 0, 1);
  const auto again = order.At(3, 0, 500);
  EXPECT_EQ(std::vector<uint32_t>(again.begin(), again.end()), OrderOf(1, 3, 500));
}

TEST(EpochOrderTest, PlacesAreThoseOfTheWholeOrder) {
  EpochOrder order(1, 500);
  const std::vector<uint32_t> whole = OrderOf(1, 2, 500);
  const auto part = order.At(2, 100, 164);
  EXPECT_TRUE(std::equal(part.begin(), part.end(), whole.begin() + 100));
  EXPECT_EQ(part.size(), 64u);
}

}  // namespace
}  // namespace shoal
