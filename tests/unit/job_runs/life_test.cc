// The life of a whole job, in success and in failure, with an objective that only counts.

#include <signal.h>

#include <set>
#include <string>
#include <tuple>

#include "common/files.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/job_runs/counting_objective.h"
#include "tests/unit/job_runs/job_run.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::HasSubstr;

std::string Message(const absl::Status& status) { return std::string(ToStd(status.message())); }

void ExpectEachItemOnce(const TrainedItems& trained, uint32_t epochs, uint64_t items) {
  EXPECT_EQ(trained.times().size(), epochs * items);
  for (const auto& [item, times] : trained.times()) EXPECT_EQ(times, 1) << item.first << " " << item.second;
}

// Waits for training to be under way.
void AwaitItems(const TrainedItems& trained, size_t count) {
  for (int i = 0; i < 5000 && trained.times().size() < count; ++i) Clock::Real().SleepFor(absl::Milliseconds(1));
  ASSERT_GE(trained.times().size(), count);
}

class LifeTest : public ::testing::Test {
 protected:
  // Long enough to be broken into.
  JobRunOptions SlowJob(uint32_t servers, uint32_t workers) {
    return {.job = QuickJob(servers, workers),
            .prepare = ItemsOf(100000, 100),
            .worker_parts = CountingParts(&trained_, {.step_time = absl::Milliseconds(1)})};
  }

  TrainedItems trained_;
};

class SizesTest : public ::testing::TestWithParam<std::tuple<uint32_t, uint32_t>> {};

TEST_P(SizesTest, EveryItemOfEveryEpochIsTrainedOnceUnderDelays) {
  const auto [servers, workers] = GetParam();
  TrainedItems trained;
  JobRun run({.job = QuickJob(servers, workers),
              .network = {.delay = absl::Milliseconds(2)},
              .prepare = ItemsOf(500, 7),
              .worker_parts = CountingParts(&trained)});
  for (const absl::Status& end : run.Wait()) EXPECT_TRUE(end.ok()) << end;
  ExpectEachItemOnce(trained, 2, 500);
  EXPECT_EQ(run.Field("status"), "done");
  EXPECT_EQ(run.Result().fields().at("words").number_value(), 10000);
  EXPECT_EQ(run.Result().fields().at("loss").number_value(), 2);
  EXPECT_EQ(run.Result().fields().at("worker_seconds_by_phase").struct_value().fields().at("compute").number_value(),
            250);
}

INSTANTIATE_TEST_SUITE_P(ServersAndWorkers, SizesTest,
                         ::testing::Values(std::tuple(1, 1), std::tuple(2, 2), std::tuple(3, 4)));

TEST_F(LifeTest, AllWorkersTakePart) {
  JobRun run({.job = QuickJob(1, 4),
              .prepare = ItemsOf(1000, 5),
              .worker_parts = CountingParts(&trained_, {.step_time = absl::Milliseconds(1)})});
  ASSERT_TRUE(run.coordinator().ok());
  EXPECT_EQ(trained_.by_worker().size(), 4u);
  for (const auto& [worker, items] : trained_.by_worker()) EXPECT_NEAR(static_cast<double>(items), 500, 100) << worker;
}

TEST_F(LifeTest, TheExportSeesEverythingTrainedAndIsNamedInTheResult) {
  JobRun run({.job = QuickJob(2, 3), .prepare = ItemsOf(300, 10), .worker_parts = CountingParts(&trained_)});
  ASSERT_TRUE(run.coordinator().ok());
  EXPECT_EQ(*ReadFile(run.output() + "/items.txt"), "600\n");
  const auto files = run.Result().fields().at("files").list_value();
  ASSERT_EQ(files.values_size(), 1);
  EXPECT_EQ(files.values(0).string_value(), run.output() + "/items.txt");
}

TEST_F(LifeTest, TheLogTellsTheStoryInOrder) {
  JobRunOptions options{.job = QuickJob(), .prepare = ItemsOf(300, 10)};
  options.job.mutable_progress()->set_interval_seconds(0.1);
  options.worker_parts = CountingParts(&trained_, {.step_time = absl::Milliseconds(1)});
  JobRun run(std::move(options));
  ASSERT_TRUE(run.coordinator().ok());
  const std::string log = *ReadFile(run.output() + "/log.jsonl");
  size_t position = 0;
  for (const char* event : {"start", "prepared", "training", "progress", "progress", "done"}) {
    position = log.find(Cat("{\"event\":\"", event, "\",\"elapsed_seconds\":"), position);
    ASSERT_NE(position, std::string::npos) << event << " in\n" << log;
    ++position;
  }
}

TEST_F(LifeTest, AWorkerThatFailsEndsTheJobByNameAndReasonEverywhere) {
  JobRun run({.job = QuickJob(2, 2),
              .prepare = ItemsOf(1000, 10),
              .worker_parts = CountingParts(&trained_, {.failure = Internal("item 777 is poisoned"), .fail_at = 777})});
  EXPECT_THAT(Message(run.coordinator()), AllOf(HasSubstr("worker "), HasSubstr("failed: item 777 is poisoned")));
  EXPECT_EQ(run.Field("status"), "failed");
  EXPECT_EQ(run.Field("reason"), Message(run.coordinator()));
  for (const absl::Status& end : run.Wait()) EXPECT_THAT(Message(end), HasSubstr("item 777 is poisoned"));
}

TEST_F(LifeTest, AWorkerWhoseConnectionIsGoneEndsTheJobByName) {
  JobRun run(SlowJob(2, 2));
  AwaitItems(trained_, 10);
  run.Disconnect(run.rank_of_worker(1));
  EXPECT_THAT(Message(run.coordinator()), HasSubstr("worker 1 (rank 4, host "));
  EXPECT_EQ(run.Field("status"), "failed");
}

TEST_F(LifeTest, AServerWhoseConnectionIsGoneEndsTheJobByName) {
  JobRun run(SlowJob(2, 2));
  AwaitItems(trained_, 10);
  run.Disconnect(run.rank_of_server(1));
  EXPECT_THAT(Message(run.coordinator()), HasSubstr("server 1 (rank 2, host "));
}

TEST_F(LifeTest, AWorkerThatFallsSilentIsDeadByNameWithinTheDeadline) {
  JobRunOptions options = SlowJob(2, 2);
  std::atomic<bool> cut = false;
  options.network.extra_delay = [&cut](int from, int to, Channel, std::string_view) {
    return cut && (from == 4 || to == 4) ? absl::InfiniteDuration() : absl::ZeroDuration();
  };
  JobRun run(std::move(options));
  AwaitItems(trained_, 10);
  cut = true;
  const absl::Time start = Clock::Real().Now();
  EXPECT_THAT(Message(run.coordinator()), AllOf(HasSubstr("worker 1 (rank 4, host "), HasSubstr("has been silent")));
  // Dead after 1 s; the worker, which hears no Stop, finds the coordinator silent on its own.
  EXPECT_LT(Clock::Real().Now() - start, absl::Seconds(6));
  EXPECT_THAT(Message(run.Wait()[4]), HasSubstr("has heard nothing from the coordinator (rank 0)"));
}

TEST_F(LifeTest, MembersOfADeadCoordinatorEndByThemselves) {
  JobRun run(SlowJob(1, 2));
  AwaitItems(trained_, 10);
  run.Disconnect(0);
  EXPECT_THAT(run.Wait(), Each(::testing::Not(absl::OkStatus())));
}

TEST_F(LifeTest, ASignalEndsTheJobInWords) {
  JobRun run(SlowJob(1, 1));
  AwaitItems(trained_, 10);
  run.Signal(SIGTERM);
  EXPECT_EQ(Message(run.coordinator()), "stopped by signal 15 (Terminated)");
  EXPECT_THAT(Message(run.Wait()[2]), HasSubstr("stopped by signal 15"));
  EXPECT_EQ(run.Field("reason"), "stopped by signal 15 (Terminated)");
}

TEST_F(LifeTest, ASignalEndsAPreparationThatLasts) {
  const auto forever = [](const job::Job&, const std::string&, const PreparationProgress& progress) {
    while (progress(0.5, "counting")) Clock::Real().SleepFor(absl::Milliseconds(5));
    return absl::StatusOr<PreparedData>(Aborted("given up"));
  };
  JobRun run({.job = QuickJob(), .prepare = forever, .worker_parts = CountingParts(&trained_)});
  Clock::Real().SleepFor(absl::Seconds(1.5));  // Longer than silence may last: heartbeats carry the members over it.
  run.Signal(SIGINT);
  EXPECT_EQ(Message(run.coordinator()), "stopped by signal 2 (Interrupt)");
}

TEST_F(LifeTest, DataThatCannotBePreparedEndsTheJobWithItsReason) {
  const auto fail = [](const job::Job&, const std::string&, const PreparationProgress&) {
    return absl::StatusOr<PreparedData>(NotFound("corpus.txt: no such file"));
  };
  JobRun run({.job = QuickJob(1, 2), .prepare = fail, .worker_parts = CountingParts(&trained_)});
  EXPECT_EQ(Message(run.coordinator()), "corpus.txt: no such file");
  for (const absl::Status& end : run.Wait()) EXPECT_THAT(Message(end), HasSubstr("corpus.txt: no such file"));
}

TEST_F(LifeTest, AnOutputFolderThatCannotBeMadeEndsTheJobWithItsName) {
  InProcessHub hub(3, &Clock::Real());
  const auto endpoint = hub.endpoint(0);
  const CoordinatorOptions options{.job = QuickJob(), .output_directory = "/dev/null/out"};
  EXPECT_THAT(Message(RunCoordinator(options, endpoint.get(), Platform::Real())), HasSubstr("/dev/null/out"));
}

TEST_F(LifeTest, AWrongNumberOfRanksIsAnsweredWithTheRightCommand) {
  InProcessHub hub(4, &Clock::Real());
  const auto endpoint = hub.endpoint(0), member = hub.endpoint(3);
  const CoordinatorOptions options{.job = QuickJob(2, 2), .output_directory = ::testing::TempDir() + "/unused"};
  const absl::Status status = RunCoordinator(options, endpoint.get(), Platform::Real());
  EXPECT_EQ(
      Message(status),
      "this job has 1 coordinator, 2 servers and 2 workers, which are 5 processes, but mpirun started 4; start it "
      "as: mpirun -np 1 shoal-coordinator --job JOB --output DIR : -np 2 shoal-paramserver : -np 2 shoal-worker");
  const auto told = ReceiveControl(member.get(), Clock::Real().Now() + absl::Seconds(1));
  ASSERT_TRUE(told.ok());
  EXPECT_EQ(told->second.stop().reason(), Message(status));
}

}  // namespace
}  // namespace shoal
