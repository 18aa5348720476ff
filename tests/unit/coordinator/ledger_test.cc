#include "coordinator/ledger.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "common/random.h"
#include "common/status.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

// Units of ten items each.
Ledger MakeLedger(uint64_t units, uint32_t epochs, uint32_t units_per_round = 0) {
  std::vector<Unit> list;
  for (uint64_t i = 0; i < units; ++i) list.push_back({.begin = 10 * i, .end = 10 * i + 10, .work = 100});
  return Ledger(*Plan::Create(std::move(list), epochs, /*seed=*/1), units_per_round);
}

// Units have a hundred words.
wire::UnitProgress ReportOf(const wire::Lease& lease, uint64_t words, bool done = false) {
  wire::UnitProgress report;
  report.set_lease(lease.id());
  report.set_words(words);
  report.set_done(done);
  return report;
}

wire::UnitProgress DoneWith(const wire::Lease& lease) { return ReportOf(lease, 100, true); }

TEST(LedgerTest, EveryRangeOfEveryEpochIsLeasedOnceAndThenNothingWaits) {
  Ledger ledger = MakeLedger(5, 2);
  std::map<std::pair<uint32_t, uint64_t>, int> times;
  while (auto lease = ledger.Grant(3)) {
    ++times[{lease->epoch(), lease->begin()}];
    ASSERT_TRUE(ledger.Report(3, DoneWith(*lease)).ok());
  }
  EXPECT_EQ(times.size(), 10u);
  for (const auto& [range, count] : times) EXPECT_EQ(count, 1);
  EXPECT_TRUE(ledger.all_done());
}

TEST(LedgerTest, APlanThatIsEndedWaitsForWhatIsLeasedAndForNothingElse) {
  Ledger ledger = MakeLedger(5, 2);
  const auto lease = *ledger.Grant(3);
  ledger.EndPlan();
  EXPECT_EQ(ledger.waiting(), 0u);
  EXPECT_FALSE(ledger.Grant(3).has_value());
  EXPECT_FALSE(ledger.all_done());
  ASSERT_TRUE(ledger.Report(3, DoneWith(lease)).ok());
  EXPECT_TRUE(ledger.all_done());
}

TEST(LedgerTest, AReportOnALeaseThatIsDoneIsRefused) {
  Ledger ledger = MakeLedger(5, 1);
  const auto lease = *ledger.Grant(3);
  ASSERT_TRUE(ledger.Report(3, DoneWith(lease)).ok());
  const absl::Status refused = ledger.Report(3, DoneWith(lease));
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(refused.message(), "rank 3 reports on lease 1, which nobody holds");
  EXPECT_EQ(ledger.counts().done, 1u);
}

TEST(LedgerTest, AReportOnAnotherWorkersLeaseIsRefused) {
  Ledger ledger = MakeLedger(5, 1);
  const auto lease = *ledger.Grant(3);
  EXPECT_EQ(ledger.Report(4, DoneWith(lease)).message(), "rank 4 reports on lease 1, which rank 3 holds");
  EXPECT_EQ(ledger.counts().leased, 1u);
}

TEST(LedgerTest, MoreWordsThanTheUnitHasAreRefusedAndChangeNothing) {
  Ledger ledger = MakeLedger(1, 1);
  const auto lease = *ledger.Grant(3);
  ASSERT_TRUE(ledger.Report(3, ReportOf(lease, 60)).ok());
  EXPECT_EQ(ledger.Report(3, ReportOf(lease, 41)).message(), "rank 3 reports 101 words of lease 1, which has 100");
  EXPECT_EQ(ledger.Report(3, ReportOf(lease, ~uint64_t{0})).message(),
            "rank 3 reports 59 words of lease 1, which has 100");
  EXPECT_TRUE(ledger.Report(3, ReportOf(lease, 40, /*done=*/true)).ok());
}

TEST(LedgerTest, AUnitIsNotDoneBeforeAllItsWordsAre) {
  Ledger ledger = MakeLedger(1, 1);
  const auto lease = *ledger.Grant(3);
  ASSERT_TRUE(ledger.Report(3, ReportOf(lease, 40)).ok());
  EXPECT_EQ(ledger.Report(3, ReportOf(lease, 59, /*done=*/true)).message(),
            "rank 3 calls lease 1 done after 99 of its 100 words");
  EXPECT_FALSE(ledger.all_done());
}

TEST(LedgerTest, CountsOfAnEpochTellItsWaitingLeasedAndDoneUnitsApart) {
  Ledger ledger = MakeLedger(4, 2);
  ASSERT_TRUE(ledger.Report(3, DoneWith(*ledger.Grant(3))).ok());
  ledger.Grant(3);
  const Ledger::Counts first = ledger.counts(0), second = ledger.counts(1), all = ledger.counts();
  EXPECT_EQ(std::vector({first.waiting, first.leased, first.done}), std::vector<uint64_t>({2, 1, 1}));
  EXPECT_EQ(std::vector({second.waiting, second.leased, second.done}), std::vector<uint64_t>({4, 0, 0}));
  EXPECT_EQ(std::vector({all.waiting, all.leased, all.done}), std::vector<uint64_t>({6, 1, 1}));
}

// Workers ask, report and finish at random; whatever they do, the books hold.
TEST(LedgerTest, InWhateverOrderWorkersReportEveryUnitIsTrainedExactlyOnceInTheBooks) {
  CounterRandom random(7);
  Ledger ledger = MakeLedger(20, 3);
  std::map<std::pair<uint32_t, uint64_t>, uint64_t> trained;  // Words by (epoch, unit).
  std::map<int, std::vector<wire::Lease>> held;
  while (!ledger.all_done()) {
    const int worker = static_cast<int>(random.NextBelow(4));
    auto& leases = held[worker];
    if (leases.size() < 2 && ledger.waiting() > 0) {
      leases.push_back(*ledger.Grant(worker));
    } else if (!leases.empty()) {
      const wire::Lease& lease = leases.front();
      uint64_t& before = trained[{lease.epoch(), lease.unit()}];
      const uint64_t words = std::min<uint64_t>(100 - before, random.NextBelow(50));
      before += words;
      ASSERT_TRUE(ledger.Report(worker, ReportOf(lease, words, before == 100)).ok());
      if (before == 100) leases.erase(leases.begin());
    }
    const Ledger::Counts counts = ledger.counts();
    ASSERT_EQ(counts.waiting + counts.leased + counts.done, 60u);
  }
  EXPECT_EQ(trained.size(), 60u);
  for (const auto& [unit, words] : trained) EXPECT_EQ(words, 100u);
}

std::string TurnOf(const wire::Lease& lease) {
  const wire::Turn& turn = lease.turn();
  return Cat(turn.round(), ": ", turn.number(), " of ", turn.turns());
}

TEST(LedgerTest, UnitsOfAnEpochFormRoundsOfWhichTheLastMayBeSmaller) {
  Ledger ledger = MakeLedger(5, 2, /*units_per_round=*/3);
  std::vector<std::string> turns;
  std::vector<bool> between;
  while (ledger.waiting() > 0) {
    between.push_back(ledger.between_rounds());
    turns.push_back(TurnOf(*ledger.Grant(3)));
  }
  EXPECT_EQ(turns, std::vector<std::string>({"1: 0 of 3", "1: 1 of 3", "1: 2 of 3", "2: 0 of 2", "2: 1 of 2",
                                             "3: 0 of 3", "3: 1 of 3", "3: 2 of 3", "4: 0 of 2", "4: 1 of 2"}));
  EXPECT_EQ(between, std::vector<bool>({true, false, false, true, false, true, false, false, true, false}));
  EXPECT_TRUE(ledger.between_rounds());
}

TEST(LedgerTest, WithoutRoundsALeaseIsNoTurn) {
  Ledger ledger = MakeLedger(5, 1);
  EXPECT_FALSE(ledger.Grant(3)->has_turn());
  EXPECT_TRUE(ledger.between_rounds());
}

TEST(LedgerTest, EachLifeCountsItsRoundsFromOne) {
  Ledger before = MakeLedger(5, 2, /*units_per_round=*/3);
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(before.Report(3, DoneWith(*before.Grant(3))).ok());
  Ledger after = MakeLedger(5, 2, /*units_per_round=*/3);
  ASSERT_TRUE(after.Restore(before.Save()).ok());
  EXPECT_EQ(TurnOf(*after.Grant(3)), "1: 0 of 3");
}

TEST(LedgerTest, ACheckpointWithinARoundIsNotGoneOnFrom) {
  Ledger before = MakeLedger(5, 1, /*units_per_round=*/3);
  ASSERT_TRUE(before.Report(3, DoneWith(*before.Grant(3))).ok());
  Ledger after = MakeLedger(5, 1, /*units_per_round=*/3);
  EXPECT_EQ(after.Restore(before.Save()).message(),
            "the checkpoint's ledger, with 1 places handed out and 0 of them undone, is within a round of 3 units, "
            "which is never saved");
}

}  // namespace
}  // namespace shoal
