#include "coordinator/lease_desk.h"

#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace shoal {
namespace {

class LeaseDeskTest : public ::testing::Test {
 protected:
  LeaseDeskTest() : LeaseDeskTest(/*units=*/4, /*workers=*/2) {}
  LeaseDeskTest(uint64_t units, uint64_t workers) : ledger_(MakePlan(units)), desk_(&ledger_, workers) {}

  static Plan MakePlan(uint64_t units) {
    std::vector<Unit> list;
    for (uint64_t i = 0; i < units; ++i) list.push_back({.begin = i, .end = i + 1, .work = 1});
    return *Plan::Create(std::move(list), /*epochs=*/1, /*seed=*/1);
  }

  std::vector<LeaseDesk::Answer> Ask(int worker) {
    desk_.Request(worker);
    return desk_.Answers();
  }

  std::vector<LeaseDesk::Answer> Finish(int worker, const wire::Lease& lease) {
    wire::UnitProgress report;
    report.set_lease(lease.id());
    report.set_cursor(lease.end());
    report.set_done(true);
    EXPECT_TRUE(ledger_.Report(worker, report).ok());
    return desk_.Answers();
  }

  Ledger ledger_;
  LeaseDesk desk_;
};

TEST_F(LeaseDeskTest, AWorkerThatTrainsGetsASecondLeaseWhileThereIsPlenty) {
  ASSERT_TRUE(Ask(1)[0].lease);
  const auto answers = Ask(1);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_TRUE(answers[0].lease);
}

TEST_F(LeaseDeskTest, AWorkerNeverHoldsMoreThanTwoLeases) {
  Ask(1);
  Ask(1);
  EXPECT_TRUE(Ask(1).empty());
  EXPECT_EQ(ledger_.held_by(1), 2u);
}

TEST_F(LeaseDeskTest, TowardsTheEndAWorkerThatTrainsWaitsAndAnIdleOneIsServed) {
  const wire::Lease first = *Ask(1)[0].lease;
  Ask(2);
  Ask(2);
  // One unit waits, for two workers.
  EXPECT_TRUE(Ask(1).empty());
  const auto answers = Finish(1, first);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].worker, 1);
  EXPECT_TRUE(answers[0].lease);
}

TEST_F(LeaseDeskTest, WhereNothingWaitsTheWorkerIsToldSoOnce) {
  while (ledger_.Grant(9)) {
  }
  const auto answers = Ask(1);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_FALSE(answers[0].lease);
  EXPECT_TRUE(desk_.Answers().empty());
}

TEST_F(LeaseDeskTest, AskingTwiceBeforeTheAnswerIsAnsweredOnce) {
  desk_.Request(1);
  desk_.Request(1);
  EXPECT_EQ(desk_.Answers().size(), 1u);
}

}  // namespace
}  // namespace shoal
