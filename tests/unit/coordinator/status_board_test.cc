#include "coordinator/status_board.h"

#include <memory>
#include <string>

#include "common/metrics/metrics.h"
#include "common/transport/control.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class StatusBoardTest : public ::testing::Test {
 protected:
  static job::Job OneServerAndTwoWorkers() {
    job::Job job;
    job.set_workers(2);
    return job;
  }
  // As a scrape has it: "name value" or "name{labels} value".
  void ExpectMetric(const std::string& line) { EXPECT_THAT(metrics_->Text(), HasSubstr("\n" + line + "\n")); }

  const std::unique_ptr<Metrics> metrics_ = Metrics::WithoutServer();
  Membership members_{OneServerAndTwoWorkers(), absl::UnixEpoch()};
  StatusBoard board_{metrics_->registry(), members_, "words"};
};

TEST_F(StatusBoardTest, MembersThatHaveJoinedAreCountedByRoleAndTheirSilenceShownByRank) {
  wire::Hello hello;
  hello.set_protocol_version(kProtocolVersion);
  hello.set_role(wire::WORKER);
  ASSERT_TRUE(members_.Join(3, hello).ok());
  ASSERT_TRUE(members_.Tick(absl::UnixEpoch() + absl::Milliseconds(125)).ok());
  board_.ShowMembers(members_);
  ExpectMetric("shoal_coordinator_members{role=\"server\"} 0");
  ExpectMetric("shoal_coordinator_members{role=\"worker\"} 1");
  ExpectMetric("shoal_coordinator_heartbeat_age_seconds{rank=\"3\",role=\"worker\"} 0.125");
}

TEST_F(StatusBoardTest, UnitsAreShownByState) {
  board_.ShowUnits({.waiting = 5, .leased = 2, .done = 7});
  ExpectMetric("shoal_coordinator_units{state=\"waiting\"} 5");
  ExpectMetric("shoal_coordinator_units{state=\"leased\"} 2");
  ExpectMetric("shoal_coordinator_units{state=\"done\"} 7");
}

TEST_F(StatusBoardTest, ReportsAddUp) {
  wire::UnitProgress report;
  report.set_words(100);
  report.set_pairs(250);
  board_.ShowReport(report);
  board_.ShowReport(report);
  ExpectMetric("shoal_coordinator_words_total 200");
  ExpectMetric("shoal_coordinator_pairs_total 500");
}

TEST_F(StatusBoardTest, PicturesAreNotCalledWords) {
  const auto metrics = Metrics::WithoutServer();
  StatusBoard board(metrics->registry(), members_, "pictures");
  wire::UnitProgress report;
  report.set_words(256);
  board.ShowReport(report);
  board.ShowProgress({.words_per_second = 1000});
  EXPECT_THAT(metrics->Text(), HasSubstr("\nshoal_coordinator_pictures_total 256\n"));
  EXPECT_THAT(metrics->Text(), HasSubstr("\nshoal_coordinator_pictures_per_second 1000\n"));
  EXPECT_THAT(metrics->Text(), Not(HasSubstr("words")));
}

TEST_F(StatusBoardTest, ProgressIsShownAsItStands) {
  board_.ShowProgress({.epoch = 3,
                       .epochs = 5,
                       .fraction = 0.5,
                       .words_per_second = 1000,
                       .loss = 2.5,
                       .learning_rate = 0.0125,
                       .eta_seconds = 60});
  ExpectMetric("shoal_coordinator_epoch 3");
  ExpectMetric("shoal_coordinator_progress_ratio 0.5");
  ExpectMetric("shoal_coordinator_words_per_second 1000");
  ExpectMetric("shoal_coordinator_loss 2.5");
  ExpectMetric("shoal_coordinator_learning_rate 0.0125");
  ExpectMetric("shoal_coordinator_eta_seconds 60");
}

TEST_F(StatusBoardTest, RefusalsAreCounted) {
  board_.CountRefusal();
  ExpectMetric("shoal_coordinator_refused_messages_total 1");
}

}  // namespace
}  // namespace shoal
