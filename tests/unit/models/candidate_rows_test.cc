#include "worker/models/candidate_rows.h"

#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;

std::vector<float> Values(const at::Tensor& tensor) {
  const at::Tensor values = tensor.contiguous();
  return {values.const_data_ptr<float>(), values.const_data_ptr<float>() + values.numel()};
}

TEST(CandidateRowsTest, OnTheCpuTheyAreTheCallersOwn) {
  CandidateRows rows({}, /*dim=*/2);
  const std::vector<float> given = {1, 2, 3, 4};
  EXPECT_EQ(rows.Take(given, {}).const_data_ptr<float>(), given.data());
}

TEST(CandidateRowsTest, ApartOnlyTheRowsThatChangedAreCopied) {
  CandidateRows rows({at::kCPU, /*apart=*/true}, /*dim=*/2);
  std::vector<float> given = {1, 2, 3, 4, 5, 6};
  EXPECT_THAT(Values(rows.Take(given, {})), ElementsAre(1, 2, 3, 4, 5, 6));
  given = {10, 20, 30, 40, 50, 60};
  const std::vector<int64_t> changed = {2, 0};
  EXPECT_THAT(Values(rows.Take(given, changed)), ElementsAre(10, 20, 3, 4, 50, 60))
      << "the second was said to be as it was";
  EXPECT_THAT(Values(rows.Take(given, {})), ElementsAre(10, 20, 30, 40, 50, 60));
}

TEST(CandidateRowsTest, OfAnotherNumberAllAreTakenAnew) {
  CandidateRows rows({at::kCPU, /*apart=*/true}, /*dim=*/1);
  const std::vector<float> three = {1, 2, 3}, two = {7, 8};
  const std::vector<int64_t> changed = {0};
  EXPECT_THAT(Values(rows.Take(three, changed)), ElementsAre(1, 2, 3)) << "before the first there is none to keep";
  EXPECT_THAT(Values(rows.Take(two, changed)), ElementsAre(7, 8));
}

}  // namespace
}  // namespace shoal
