#include "worker/step_meter.h"

#include <functional>
#include <memory>
#include <string>

#include "common/metrics/metrics.h"
#include "common/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/step_loop/diary.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// Table 0 is mapped, all others are remote; the figures are the test's.
class FixedClient final : public ParameterClient {
 public:
  TableAccess& table(uint32_t id) override { return id == 0 ? mapped_ : remote_; }
  ClientStats stats() const override { return stats_; }
  void BeginTurn(const wire::Turn&) override {}
  absl::Status EndTurn() override { return absl::OkStatus(); }
  void OnWait(std::function<absl::Status()>) override {}

  ClientStats stats_;

 private:
  IdleTable mapped_{true}, remote_{false};
};

class StepMeterTest : public ::testing::Test {
 protected:
  // As a scrape has it: "name value" or "name{labels} value".
  void ExpectMetric(const std::string& line) { EXPECT_THAT(metrics_->Text(), HasSubstr("\n" + line + "\n")); }

  const std::unique_ptr<Metrics> metrics_ = Metrics::WithoutServer();
  FixedClient client_;
  StepMeter meter_{metrics_->registry(), &client_, /*tables=*/3, "words"};
};

TEST_F(StepMeterTest, AReportHasTheSumsOfTheStepsAndTheLatestRate) {
  meter_.AddStep({.work = 10, .pairs = 30, .loss_sum = 2, .loss_pairs = 1, .learning_rate = 0.5});
  meter_.AddStep({.work = 12, .pairs = 40, .loss_sum = 4, .loss_pairs = 2, .learning_rate = 0.25});
  const wire::UnitProgress report = meter_.Report(/*lease=*/17, /*done=*/true);
  EXPECT_EQ(report.lease(), 17u);
  EXPECT_TRUE(report.done());
  EXPECT_EQ(report.words(), 22u);
  EXPECT_EQ(report.pairs(), 70u);
  EXPECT_EQ(report.loss_sum(), 6);
  EXPECT_EQ(report.loss_pairs(), 3u);
  EXPECT_EQ(report.learning_rate(), 0.25);
}

TEST_F(StepMeterTest, TheNextReportBeginsAtZeroButForTheRate) {
  meter_.AddStep({.work = 10, .pairs = 30, .learning_rate = 0.5, .compute_seconds = 1});
  meter_.AddLeaseWait(2);
  meter_.Report(1, false);
  const wire::UnitProgress report = meter_.Report(1, false);
  EXPECT_EQ(report.words(), 0u);
  EXPECT_EQ(report.pairs(), 0u);
  EXPECT_EQ(report.phase_size(), 0);
  EXPECT_EQ(report.learning_rate(), 0.5);
}

TEST_F(StepMeterTest, PhasesThatTookTimeAreNamedAsInTheProtocol) {
  meter_.AddStep({.sample_seconds = 1, .rows_seconds = 2, .compute_seconds = 3});
  meter_.AddStep({.compute_seconds = 4});
  meter_.AddLeaseWait(5);
  const wire::UnitProgress report = meter_.Report(1, false);
  std::string phases;
  for (const wire::Phase& phase : report.phase()) phases += Cat(phase.name(), "=", phase.seconds(), " ");
  EXPECT_EQ(phases, "sample=1 wait for rows=2 compute=7 wait for lease=5 ");
}

TEST_F(StepMeterTest, ReportsBringTheMetricsUpToDate) {
  meter_.AddStep({.work = 10, .pairs = 30, .loss_sum = 5, .loss_pairs = 2, .learning_rate = 0.5, .push_seconds = 0.25});
  meter_.AddStep({.work = 10, .pairs = 30, .learning_rate = 0.5});
  meter_.Report(1, false);
  meter_.Report(1, true);
  ExpectMetric("shoal_worker_steps_total 2");
  ExpectMetric("shoal_worker_units_total 1");
  ExpectMetric("shoal_worker_words_total 20");
  ExpectMetric("shoal_worker_pairs_total 60");
  ExpectMetric("shoal_worker_loss 2.5");
  ExpectMetric("shoal_worker_learning_rate 0.5");
  ExpectMetric("shoal_worker_phase_seconds_total{phase=\"push\"} 0.25");
}

TEST_F(StepMeterTest, PicturesAreNotCalledWords) {
  const auto metrics = Metrics::WithoutServer();
  StepMeter meter(metrics->registry(), &client_, /*tables=*/3, "pictures");
  meter.AddStep({.work = 256, .pairs = 256});
  meter.Report(1, true);
  EXPECT_THAT(metrics->Text(), HasSubstr("\nshoal_worker_pictures_total 256\n"));
  EXPECT_THAT(metrics->Text(), Not(HasSubstr("words")));
}

TEST_F(StepMeterTest, WhatTheClientDidIsShownAsItsOwnSums) {
  ExpectMetric("shoal_client_tables{access=\"mapped\"} 1");
  ExpectMetric("shoal_client_tables{access=\"remote\"} 2");
  for (const uint64_t requests : {7, 9}) {
    client_.stats_.requests = requests;
    client_.stats_.bytes_pulled = 100 * requests;
    meter_.Report(1, false);
  }
  ExpectMetric("shoal_client_requests_total 9");
  ExpectMetric("shoal_client_bytes_total{operation=\"pull\"} 900");
}

}  // namespace
}  // namespace shoal
