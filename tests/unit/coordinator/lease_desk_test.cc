#include "coordinator/lease_desk.h"

#include <utility>
#include <vector>

#include "common/transport/control.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

class LeaseDeskTest : public ::testing::Test {
 protected:
  LeaseDeskTest() : LeaseDeskTest(/*units=*/4, /*workers=*/2) {}
  LeaseDeskTest(uint64_t units, uint32_t workers, uint32_t units_per_round = 0)
      : ledger_(MakePlan(units), units_per_round), desk_(&ledger_, workers) {}

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
    report.set_words(1);
    report.set_done(true);
    EXPECT_TRUE(ledger_.Report(worker, report).ok());
    return desk_.Answers();
  }

  Ledger ledger_;
  LeaseDesk desk_;
};

class PlentyTest : public LeaseDeskTest {
 protected:
  PlentyTest() : LeaseDeskTest(/*units=*/1000, /*workers=*/2) {}
};

TEST_F(PlentyTest, AWorkerGetsAsManyLeasesAtOnceAsItMayHoldAndNoMore) {
  const auto answers = Ask(1);
  ASSERT_EQ(answers.size(), kMaxLeasesPerWorker);
  for (const LeaseDesk::Answer& answer : answers) EXPECT_TRUE(answer.lease);
  EXPECT_TRUE(Ask(1).empty());
  EXPECT_EQ(Finish(1, *answers[0].lease).size(), 1u);
  EXPECT_EQ(ledger_.held_by(1), kMaxLeasesPerWorker);
}

TEST_F(LeaseDeskTest, TowardsTheEndAWorkerThatTrainsWaitsAndAnIdleOneIsServed) {
  const auto first = Ask(1);
  ASSERT_EQ(first.size(), 2u);
  EXPECT_EQ(Ask(2).size(), 1u);
  // One unit waits, for two workers.
  EXPECT_TRUE(Ask(1).empty());
  EXPECT_TRUE(Finish(1, *first[0].lease).empty());
  const auto answers = Finish(1, *first[1].lease);
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
  while (ledger_.Grant(9)) {
  }
  desk_.Request(1);
  desk_.Request(1);
  EXPECT_EQ(desk_.Answers().size(), 1u);
}

class RoundsOfEightTest : public LeaseDeskTest {
 protected:
  RoundsOfEightTest() : LeaseDeskTest(/*units=*/1000, /*workers=*/3, /*units_per_round=*/8) {}
};

TEST_F(RoundsOfEightTest, AWorkerGetsItsShareOfARoundAtATime) {
  for (const int worker : {1, 2, 3}) EXPECT_EQ(Ask(worker).size(), 3u);
}

TEST_F(RoundsOfEightTest, WhereTheRoundIsToEndNoOtherIsBegun) {
  Ask(1);
  desk_.Request(2);
  EXPECT_EQ(desk_.Answers(/*end_round=*/true).size(), 3u);
  desk_.Request(3);
  EXPECT_EQ(desk_.Answers(/*end_round=*/true).size(), 2u);
  EXPECT_TRUE(ledger_.between_rounds());
  desk_.Request(3);
  EXPECT_TRUE(desk_.Answers(/*end_round=*/true).empty());
  EXPECT_EQ(desk_.Answers().size(), 1u);
}

}  // namespace
}  // namespace shoal
