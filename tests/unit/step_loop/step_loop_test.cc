// A worker's step loop between a coordinator that says what the test makes it say, an objective that counts, and tables
// that only remember when they were flushed.

#include "worker/step_loop.h"

#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "common/transport/coordinator_link.h"
#include "common/transport/in_process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/step_loop/diary.h"
#include "worker/step_meter.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class StepLoopTest : public ::testing::Test {
 protected:
  StepLoopTest() : hub_(2, &Clock::Real()), coordinator_(hub_.endpoint(0)) {
    welcome_.mutable_job()->mutable_heartbeats()->set_interval_seconds(0.05);
    welcome_.mutable_job()->mutable_heartbeats()->set_dead_after_seconds(0.4);
    welcome_.add_table()->set_name("input");
    welcome_.set_output_directory("out");
    thread_ = std::thread([this] { end_ = RunLoop(); });
  }
  ~StepLoopTest() override { End(); }

  absl::Status RunLoop() {
    const auto endpoint = hub_.endpoint(1);
    const auto metrics = Metrics::WithoutServer();
    DiaryClient client(&diary_);
    DiaryObjective objective(&diary_);
    CoordinatorLink link(endpoint.get(), &Clock::Real(), wire::WORKER, welcome_);
    StepMeter meter(metrics->registry(), &client, welcome_.table_size(), "words");
    return StepLoop(&link, &Clock::Real(), welcome_, &client, &objective, &meter).Run();
  }

  void Say(const wire::ControlMessage& message) {
    ASSERT_TRUE(SendControl(coordinator_.get(), 1, message, Clock::Real().Now() + absl::Seconds(5)).ok());
  }
  void GiveLease(uint64_t id, uint64_t begin, uint64_t end, std::optional<uint32_t> turn = std::nullopt) {
    wire::ControlMessage message;
    wire::Lease* lease = message.mutable_lease();
    if (turn) lease->mutable_turn()->set_number(*turn);
    lease->set_id(id);
    lease->set_begin(begin);
    lease->set_end(end);
    Say(message);
  }
  void SayNoMoreLeases() {
    wire::ControlMessage message;
    message.mutable_no_more_leases();
    Say(message);
  }
  void SayFinish() {
    wire::ControlMessage message;
    message.mutable_finish();
    Say(message);
  }
  void SayStop(const std::string& reason = "") {
    wire::ControlMessage message;
    message.mutable_stop()->set_reason(reason);
    Say(message);
  }

  // The worker's next word other than a heartbeat. The coordinator answers with heartbeats of its own meanwhile.
  wire::ControlMessage Hear() {
    wire::ControlMessage heartbeat;
    heartbeat.mutable_heartbeat();
    for (int i = 0; i < 100; ++i) {
      Say(heartbeat);
      const auto received = ReceiveControl(coordinator_.get(), Clock::Real().Now() + absl::Milliseconds(50));
      if (received.ok() && !received->second.has_heartbeat()) return received->second;
    }
    ADD_FAILURE() << "the worker said nothing for five seconds";
    return {};
  }
  // Its reports up to the one that says done.
  std::vector<wire::UnitProgress> HearUnit() {
    std::vector<wire::UnitProgress> reports;
    while (!HasFailure() && (reports.empty() || !reports.back().done())) {
      const wire::ControlMessage message = Hear();
      if (message.has_unit_progress()) reports.push_back(message.unit_progress());
    }
    return reports;
  }

  const absl::Status& End() {
    if (HasFailure()) hub_.Disconnect(1);
    if (thread_.joinable()) thread_.join();
    return end_;
  }

  wire::Welcome welcome_;
  Diary diary_;
  InProcessHub hub_;
  std::unique_ptr<Endpoint> coordinator_;
  absl::Status end_;
  std::thread thread_;
};

TEST_F(StepLoopTest, ItAsksForTheNextLeaseWhenItBeginsOne) {
  EXPECT_TRUE(Hear().has_lease_request());
  GiveLease(1, 0, 20);
  EXPECT_TRUE(Hear().has_lease_request());
  EXPECT_EQ(HearUnit().back().lease(), 1u);
  SayStop();
  EXPECT_TRUE(End().ok()) << End();
}

TEST_F(StepLoopTest, ReportsOfAUnitAddUpToItsWork) {
  GiveLease(1, 0, 100);
  uint64_t words = 0;
  const auto reports = HearUnit();
  for (const wire::UnitProgress& report : reports) words += report.words();
  EXPECT_EQ(words, 700u);
  EXPECT_GT(reports.size(), 2u) << "200 ms at a report each 50 ms";
  SayStop();
  EXPECT_TRUE(End().ok()) << End();
}

TEST_F(StepLoopTest, TablesAreFlushedBeforeAUnitIsDoneOnlyWhereNoOtherIsAtHand) {
  GiveLease(1, 0, 3);
  GiveLease(2, 3, 6);
  HearUnit();
  SayNoMoreLeases();
  HearUnit();
  SayStop();
  End();
  EXPECT_THAT(diary_, ElementsAre("begin 1", "step", "step", "step", "begin 2", "step", "step", "step", "flush"));
}

TEST_F(StepLoopTest, ATurnEndsWhenTheTablesAreFlushedWhetherAnotherIsAtHandOrNot) {
  GiveLease(1, 0, 1, /*turn=*/4);
  GiveLease(2, 1, 2, /*turn=*/5);
  HearUnit();
  HearUnit();
  SayStop();
  End();
  EXPECT_THAT(diary_, ElementsAre("begin turn 4", "begin 1", "step", "flush", "end turn", "begin turn 5", "begin 2",
                                  "step", "flush", "end turn"));
}

TEST_F(StepLoopTest, ALeaseAfterNoMoreLeasesIsTrained) {
  Hear();
  SayNoMoreLeases();
  GiveLease(5, 0, 1);
  EXPECT_EQ(HearUnit().back().lease(), 5u);
  SayStop();
  EXPECT_TRUE(End().ok()) << End();
}

TEST_F(StepLoopTest, FinishFlushesExportsAndNamesTheFiles) {
  Hear();
  SayFinish();
  const wire::ControlMessage answer = Hear();
  ASSERT_TRUE(answer.has_finished());
  EXPECT_THAT(answer.finished().file(), ElementsAre("out/vectors"));
  SayStop();
  EXPECT_TRUE(End().ok()) << End();
  EXPECT_THAT(diary_, ElementsAre("flush", "export"));
}

TEST_F(StepLoopTest, StopWithAReasonEndsItInTheMiddleOfAUnit) {
  GiveLease(1, 0, 1000000);
  Hear();
  SayStop("worker 7 died");
  EXPECT_EQ(End().message(), "the coordinator ended the job: worker 7 died");
  EXPECT_TRUE(absl::IsAborted(End()));
}

TEST_F(StepLoopTest, ASilentCoordinatorEndsItWhetherItTrainsOrWaits) {
  const absl::Time start = Clock::Real().Now();
  EXPECT_THAT(std::string(ToStd(End().message())),
              HasSubstr("worker 0 (rank 1) has heard nothing from the coordinator (rank 0)"));
  EXPECT_LT(Clock::Real().Now() - start, absl::Seconds(2));
}

TEST_F(StepLoopTest, ASilentCoordinatorEndsAUnitUnderWay) {
  GiveLease(1, 0, 1000000);
  EXPECT_TRUE(absl::IsDeadlineExceeded(End())) << End();
}

TEST_F(StepLoopTest, MoreLeasesThanItMayHoldAreRefused) {
  for (uint64_t id = 1; id <= kMaxLeasesPerWorker + 1; ++id) GiveLease(id, 0, 1000000);
  EXPECT_EQ(End().message(), "more than 8 leases at a time are given to a worker");
}

}  // namespace
}  // namespace shoal
