// Whole jobs that lose a process or are stopped, and go on from a checkpoint. Each item adds 1 to a row on the servers:
// in the end every row must be the number of epochs.

#include <signal.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/checkpoint/checkpoint_folder.h"
#include "common/files.h"
#include "common/random.h"
#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/job_runs/counting_objective.h"
#include "tests/unit/job_runs/job_run.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::Each;
using ::testing::Gt;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr uint64_t kItems = 2000, kItemsOfAUnit = 20;

std::string Message(const absl::Status& status) { return std::string(ToStd(status.message())); }

class CheckpointTest : public ::testing::Test {
 protected:
  CheckpointTest() {
    std::string name = ::testing::TempDir() + "checkpoint_test.XXXXXX";
    output_ = ::mkdtemp(name.data());
  }
  ~CheckpointTest() override { std::filesystem::remove_all(output_); }

  JobRunOptions Job(uint32_t servers, uint32_t workers, absl::Duration step_time) {
    JobRunOptions options{.job = QuickJob(servers, workers), .prepare = ItemsOf(kItems, kItemsOfAUnit)};
    options.job.mutable_checkpoint()->set_interval_seconds(0.02);
    options.worker_parts = CountingParts(&trained_, {.step_time = step_time, .rows = kItems});
    options.output = output_;
    return options;
  }
  JobRunOptions SlowJob(uint32_t servers, uint32_t workers) { return Job(servers, workers, absl::Microseconds(500)); }
  JobRunOptions QuickToTheEnd(uint32_t servers, uint32_t workers) { return Job(servers, workers, {}); }

  CheckpointFolder folder() const { return CheckpointFolder(&FileSystem::Real(), output_); }

  void AwaitCheckpoint(uint64_t number) {
    for (int i = 0; i < 5000; ++i) {
      const auto numbers = folder().List();
      if (numbers.ok() && !numbers->empty() && numbers->back() >= number) return;
      Clock::Real().SleepFor(absl::Milliseconds(1));
    }
    FAIL() << "no checkpoint " << number;
  }

  // Of the newest checkpoint.
  uint64_t UnitsDone() {
    const auto manifest = folder().Read(folder().List()->back());
    return manifest->ledger().next() - manifest->ledger().undone_size();
  }

  std::vector<std::string> Rows() const {
    return absl::StrSplit(ReadFile(output_ + "/rows.txt").value_or(""), ' ', absl::SkipEmpty());
  }
  void ExpectEachItemOnceAnEpoch(const std::string& epochs = "2") {
    EXPECT_THAT(Rows(), AllOf(SizeIs(kItems), Each(epochs)));
  }

  std::string output_;
  TrainedItems trained_;
};

class RolesTest : public CheckpointTest, public ::testing::WithParamInterface<int> {};

// Coordinator, a server, a worker of 1 + 2 + 2.
TEST_P(RolesTest, AJobThatLostARoleGoesOnAndTrainsEveryItemOnce) {
  {
    JobRun run(SlowJob(2, 2));
    AwaitCheckpoint(3);
    run.Disconnect(GetParam());
    EXPECT_FALSE(run.coordinator().ok());
  }
  const uint64_t done = UnitsDone();
  EXPECT_GT(done, 0u);
  EXPECT_LT(done, 2 * kItems / kItemsOfAUnit);
  JobRun run(QuickToTheEnd(2, 2));
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  ExpectEachItemOnceAnEpoch();
  EXPECT_EQ(run.Result().fields().at("words").number_value(), 2 * kItems * 10);
}

INSTANTIATE_TEST_SUITE_P(Roles, RolesTest, ::testing::Values(0, 1, 3));

TEST_F(CheckpointTest, ItGoesOnWithAnyNumberOfServersAndWorkers) {
  const std::vector<std::pair<uint32_t, uint32_t>> sizes = {{1, 1}, {3, 2}, {2, 4}, {5, 1}};
  uint64_t before = 0;
  for (const auto& [servers, workers] : sizes) {
    JobRun run(SlowJob(servers, workers));
    AwaitCheckpoint(before + 3);
    before = folder().List()->back();
    run.Disconnect(run.rank_of_worker(0));
  }
  JobRun run(QuickToTheEnd(1, 2));
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  ExpectEachItemOnceAnEpoch();
}

TEST_F(CheckpointTest, KilledAgainAndAgainAtRandomItStillTrainsEveryItemOnce) {
  CounterRandom random(5);
  for (int life = 0; life < 12; ++life) {
    JobRun run(SlowJob(2, 2));
    Clock::Real().SleepFor(absl::Milliseconds(20 + random.NextBelow(150)));
    run.Disconnect(static_cast<int>(random.NextBelow(5)));
    run.Wait();
  }
  JobRun run(QuickToTheEnd(2, 2));
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  ExpectEachItemOnceAnEpoch();
}

TEST_F(CheckpointTest, RemoteRowsAreInTheCutAsMappedOnesAre) {
  JobRunOptions options = SlowJob(2, 2);
  options.job.mutable_parameter_server()->set_access(job::ParameterServer::REMOTE);
  {
    JobRun run(options);
    AwaitCheckpoint(2);
    run.Disconnect(run.rank_of_server(0));
  }
  options = QuickToTheEnd(2, 2);
  options.job.mutable_parameter_server()->set_access(job::ParameterServer::REMOTE);
  JobRun run(options);
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  ExpectEachItemOnceAnEpoch();
}

TEST_F(CheckpointTest, InStrictDeterminismOneIsCutBetweenRoundsAndEveryItemIsTrainedOnce) {
  const auto strict = [this](uint32_t servers, uint32_t workers, absl::Duration step_time) {
    JobRunOptions options = Job(servers, workers, step_time);
    options.job.set_determinism(job::Job::STRICT);
    options.job.set_units_per_round(7);
    return options;
  };
  uint64_t before = 0;
  for (const uint32_t workers : {1, 2, 3}) {
    JobRun run(strict(2, workers, absl::Microseconds(500)));
    AwaitCheckpoint(before + 2);
    before = folder().List()->back();
    run.Disconnect(run.rank_of_server(1));
    run.Wait();
    const auto ledger = folder().Read(folder().List()->back())->ledger();
    const uint64_t units = kItems / kItemsOfAUnit;
    EXPECT_TRUE(ledger.undone().empty());
    EXPECT_EQ(ledger.next() % units % 7, 0u);
  }
  JobRun run(strict(1, 2, {}));
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  ExpectEachItemOnceAnEpoch();
}

TEST_F(CheckpointTest, AskedToStopItWritesACheckpointAndGoesOnFromThere) {
  JobRunOptions options = SlowJob(1, 2);
  options.job.mutable_checkpoint()->set_interval_seconds(0);
  {
    JobRun run(options);
    for (int i = 0; i < 5000 && trained_.times().size() < 50; ++i) Clock::Real().SleepFor(absl::Milliseconds(1));
    run.Signal(SIGUSR2);
    EXPECT_EQ(Message(run.coordinator()), "stopped after checkpoint 1");
    EXPECT_EQ(run.Result().fields().at("checkpoint").number_value(), 1);
  }
  JobRun run(QuickToTheEnd(1, 2));
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  ExpectEachItemOnceAnEpoch();
  // Nothing was trained twice: the stop lost no work.
  for (const auto& [item, times] : trained_.times()) EXPECT_EQ(times, 1);
}

TEST_F(CheckpointTest, ASignalHasACheckpointTakenAndTrainingGoOn) {
  JobRunOptions options = SlowJob(1, 1);
  options.job.mutable_checkpoint()->set_interval_seconds(0);
  options.job.mutable_checkpoint()->set_at_end(false);
  JobRun run(options);
  for (int i = 0; i < 5000 && trained_.times().size() < 50; ++i) Clock::Real().SleepFor(absl::Milliseconds(1));
  run.Signal(SIGUSR1);
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  EXPECT_THAT(*folder().List(), ::testing::ElementsAre(1));
  ExpectEachItemOnceAnEpoch();
}

TEST_F(CheckpointTest, ByProgressOneIsTakenEachTenthOfAnEpoch) {
  JobRunOptions options = SlowJob(1, 1);
  options.job.mutable_checkpoint()->set_interval_seconds(0);
  options.job.mutable_checkpoint()->set_interval_epochs(0.1);
  options.job.mutable_checkpoint()->set_at_end(false);
  JobRun run(options);
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  EXPECT_THAT(folder().List()->back(), AllOf(Gt(15u), ::testing::Le(20u)));
}

TEST_F(CheckpointTest, AJobWhoseCheckpointsTakeLongerThanTheirIntervalEnds) {
  JobRunOptions options = QuickToTheEnd(1, 2);
  options.job.mutable_checkpoint()->set_interval_seconds(1e-6);
  JobRun run(options);
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  ExpectEachItemOnceAnEpoch();
}

TEST_F(CheckpointTest, CheckpointsThatCannotBeReadAreNotTakenForNone) {
  { JobRun(QuickToTheEnd(1, 1)).Wait(); }
  const auto before = *folder().List();
  for (const uint64_t number : before) {
    std::filesystem::resize_file(folder().PathOf(number) + "/store0-server0of1.shard", 10);
  }
  JobRun run(QuickToTheEnd(1, 1));
  EXPECT_THAT(Message(run.coordinator()), AllOf(HasSubstr("can be gone on from"), HasSubstr("has 10 bytes")));
  EXPECT_EQ(*folder().List(), before);
}

TEST_F(CheckpointTest, AFinishedRunGoesOnWithMoreEpochs) {
  { JobRun(QuickToTheEnd(1, 2)).Wait(); }
  ExpectEachItemOnceAnEpoch("2");
  JobRunOptions options = QuickToTheEnd(2, 1);
  options.job.set_epochs(5);
  JobRun run(options);
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  ExpectEachItemOnceAnEpoch("5");
}

TEST_F(CheckpointTest, WithNothingLeftToTrainItEndsAtOnceAndWell) {
  { JobRun(QuickToTheEnd(1, 2)).Wait(); }
  const size_t trained = trained_.times().size();
  std::filesystem::remove(output_ + "/rows.txt");
  JobRun run(QuickToTheEnd(2, 2));
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  ExpectEachItemOnceAnEpoch();
  EXPECT_EQ(trained_.times().size(), trained);
}

TEST_F(CheckpointTest, AJobThatDiffersInWhatMattersIsRefusedWithTheField) {
  { JobRun(QuickToTheEnd(1, 1)).Wait(); }
  JobRunOptions options = QuickToTheEnd(1, 1);
  options.job.set_seed(77);
  JobRun run(options);
  EXPECT_THAT(Message(run.coordinator()), HasSubstr("seed is 77, and the checkpoint's is 1"));
}

TEST_F(CheckpointTest, ADamagedShardIsNamedAndTheNextLifeGoesOnFromTheCheckpointBefore) {
  {
    JobRun run(SlowJob(2, 1));
    AwaitCheckpoint(4);
    run.Disconnect(run.rank_of_worker(0));
  }
  const uint64_t newest = folder().List()->back();
  const std::string shard = folder().PathOf(newest) + "/store1-server1of2.shard";
  std::string bytes = *ReadFile(shard);
  bytes[bytes.size() / 2] ^= 1;
  ASSERT_TRUE(WriteFileAtomically(shard, bytes).ok());
  {
    JobRun run(QuickToTheEnd(2, 1));
    EXPECT_THAT(Message(run.coordinator()), AllOf(HasSubstr("server 1 "), HasSubstr(shard), HasSubstr("is damaged")));
    EXPECT_TRUE(run.Result().fields().at("restartable").bool_value());
  }
  EXPECT_LT(folder().List()->back(), newest);
  JobRun run(QuickToTheEnd(2, 1));
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  ExpectEachItemOnceAnEpoch();
}

TEST_F(CheckpointTest, ACheckpointThatCannotBeWrittenIsSaidAndTrainingGoesOn) {
  std::filesystem::create_symlink("/nowhere/at/all", output_ + "/checkpoints");
  JobRun run(SlowJob(1, 1));
  EXPECT_TRUE(run.coordinator().ok()) << run.coordinator();
  ExpectEachItemOnceAnEpoch();
  EXPECT_THAT(*ReadFile(output_ + "/log.jsonl"),
              AllOf(HasSubstr("\"event\":\"checkpoint\""), HasSubstr("\"written\":false")));
}

}  // namespace
}  // namespace shoal
