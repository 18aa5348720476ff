#include "worker/images/key_order.h"

#include <algorithm>

#include "gmock/gmock.h"

namespace shoal {
namespace {

TEST(KeyOrderTest, EveryPictureOfAStepHasOneKeyAndTheOrderIsAnotherAtEachStep) {
  std::vector<uint32_t> order = KeyOrder(/*seed=*/1, /*step=*/5, /*batch=*/64);
  EXPECT_EQ(KeyOrder(1, 5, 64), order);
  EXPECT_NE(KeyOrder(1, 6, 64), order);
  EXPECT_NE(KeyOrder(2, 5, 64), order);
  std::ranges::sort(order);
  for (uint32_t i = 0; i < 64; ++i) EXPECT_EQ(order[i], i);
}

TEST(KeyOrderTest, OfAWorkersPicturesItComputesTheKeysOfNoMoreThanChanceHas) {
  constexpr uint64_t kWorkers = 4, kShare = 16, kSteps = 50;
  uint64_t own = 0;
  for (uint64_t step = 0; step < kSteps; ++step) {
    const auto order = KeyOrder(1, step, kWorkers * kShare);
    for (uint64_t i = 0; i < order.size(); ++i) own += order[i] / kShare == i / kShare;
  }
  EXPECT_NEAR(static_cast<double>(own) / (kSteps * kWorkers * kShare), 1.0 / kWorkers, 0.03);
}

}  // namespace
}  // namespace shoal
