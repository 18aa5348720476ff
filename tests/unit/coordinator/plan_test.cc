#include "coordinator/plan.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

// Unit i has i % 7 + 1 items and ten times that much work.
std::vector<Unit> MakeUnits(uint64_t count) {
  std::vector<Unit> units;
  uint64_t begin = 0;
  for (uint64_t i = 0; i < count; ++i) {
    const uint64_t items = i % 7 + 1;
    units.push_back({.begin = begin, .end = begin + items, .work = 10 * items});
    begin += items;
  }
  return units;
}

Plan MakePlan(uint64_t units, uint32_t epochs, uint64_t seed = 1) {
  return *Plan::Create(MakeUnits(units), epochs, seed);
}

std::vector<uint64_t> OrderOf(Plan& plan, uint32_t epoch) {
  std::vector<uint64_t> order;
  const uint64_t units = plan.units_per_epoch();
  for (uint64_t place = epoch * units; place < (epoch + 1) * units; ++place) order.push_back(plan.At(place).unit);
  return order;
}

TEST(PlanTest, EveryEpochHoldsEveryUnitOnce) {
  Plan plan = MakePlan(100, 3);
  std::vector<uint64_t> all(100);
  std::iota(all.begin(), all.end(), 0);
  for (uint32_t epoch = 0; epoch < 3; ++epoch) {
    EXPECT_THAT(OrderOf(plan, epoch), ::testing::UnorderedElementsAreArray(all));
  }
}

TEST(PlanTest, WorkBeforeAPlaceIsTheSumOfTheWorkPlannedBeforeIt) {
  Plan plan = MakePlan(50, 4);
  uint64_t work = 0;
  for (uint64_t place = 0; place < plan.size(); ++place) {
    const PlannedUnit planned = plan.At(place);
    EXPECT_EQ(planned.work_before, work);
    EXPECT_EQ(planned.epoch, place / 50);
    work += planned.range.work;
  }
  EXPECT_EQ(plan.work_total(), work);
}

TEST(PlanTest, OrderDiffersBetweenEpochsAndSeedsAndIsTheSameForTheSameTwo) {
  Plan plan = MakePlan(100, 2), same = MakePlan(100, 2), other = MakePlan(100, 2, /*seed=*/2);
  EXPECT_EQ(OrderOf(plan, 1), OrderOf(same, 1));
  EXPECT_NE(OrderOf(plan, 0), OrderOf(plan, 1));
  EXPECT_NE(OrderOf(plan, 0), OrderOf(other, 0));
}

TEST(PlanTest, GoingBackToAnEarlierEpochGivesTheSamePlaces) {
  Plan plan = MakePlan(30, 3);
  const uint64_t unit = plan.At(5).unit;
  plan.At(65);
  EXPECT_EQ(plan.At(5).unit, unit);
}

TEST(PlanTest, AMillionUnitsOverManyEpochsAreReachedWithoutLayingThemAllOut) {
  Plan plan = MakePlan(1000000, 100000);
  EXPECT_EQ(plan.size(), 100000000000u);
  const PlannedUnit last = plan.At(plan.size() - 1);
  EXPECT_EQ(last.epoch, 99999u);
  EXPECT_EQ(last.work_before + last.range.work, plan.work_total());
}

TEST(PlanTest, DataWithoutUnitsIsRefused) {
  EXPECT_THAT(std::string(Plan::Create({}, 1, 1).status().message()), HasSubstr("the data has no units"));
}

TEST(PlanTest, AUnitWithoutWorkIsRefusedByItsNumber) {
  const auto plan = Plan::Create({{0, 5, 10}, {5, 9, 0}}, 1, 1);
  EXPECT_EQ(plan.status().message(), "unit 1 [5, 9) of work 0 is empty");
}

}  // namespace
}  // namespace shoal
