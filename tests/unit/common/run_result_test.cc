#include "common/run/run_result.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using ::testing::StartsWith;

RunResult TrainedResult() {
  return {.done = true,
          .words = 10,
          .seconds = 2,
          .words_per_second = 5,
          .loss = 0.5,
          .seconds_by_phase = {{"prepare", 1}, {"train", 2}},
          .worker_seconds_by_phase = SecondsByPhase{{"compute", 3}},
          .files = {"out/vectors.bin"},
          .workers = 2,
          .servers = 1,
          .version = "9"};
}

TEST(RunResultTest, JsonHoldsEveryFieldOfTheFormat) {
  EXPECT_EQ(TrainedResult().Json(),
            R"({"status":"done","reason":"","restartable":false,"checkpoint":0,"work":"words","words":10,"seconds":2,)"
            R"("words_per_second":5,"loss":0.5,)"
            R"("seconds_by_phase":{"prepare":1,"train":2},"worker_seconds_by_phase":{"compute":3},)"
            R"("files":["out/vectors.bin"],"units_at_hand":[],"workers":2,"servers":1,"version":"9"})"
            "\n");
}

TEST(RunResultTest, PicturesAreNotCalledWordsAndReadBackEqual) {
  const TemporaryFolder output;
  const RunResult written{.done = true, .work = "pictures", .words = 10, .words_per_second = 5};
  EXPECT_THAT(written.Json(), HasSubstr(R"("work":"pictures","pictures":10,"seconds":0,"pictures_per_second":5,)"));
  EXPECT_THAT(written.Json(), Not(HasSubstr("words")));
  ASSERT_TRUE(written.Write(output.path()).ok());
  EXPECT_EQ(RunResult::Read(output.path())->Json(), written.Json());
}

TEST(RunResultTest, ARunWithoutLossAndStepsDoesNotSpeakOfThem) {
  const std::string json = RunResult{.reason = "no room"}.Json();
  EXPECT_THAT(json, StartsWith(R"({"status":"failed","reason":"no room","restartable":false,"checkpoint":0,)"));
  EXPECT_THAT(json, Not(HasSubstr("loss")));
  EXPECT_THAT(json, Not(HasSubstr("worker_seconds_by_phase")));
}

TEST(RunResultTest, WhatWasWrittenIsReadBackWithTheLongestPhasesFirst) {
  const TemporaryFolder output;
  ASSERT_TRUE(TrainedResult().Write(output.path()).ok());
  const auto result = RunResult::Read(output.path());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(result->seconds_by_phase, ElementsAre(Pair("train", 2), Pair("prepare", 1)));
  RunResult sorted = TrainedResult();
  sorted.seconds_by_phase = result->seconds_by_phase;
  EXPECT_EQ(result->Json(), sorted.Json());
}

TEST(RunResultTest, AFailedRunOfALaterVersionIsRead) {
  const TemporaryFolder output;
  output.Write("result.json", R"({"status":"failed","reason":"worker 1 is dead","of a later version":[{}]})");
  const auto result = RunResult::Read(output.path());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->done);
  EXPECT_EQ(result->reason, "worker 1 is dead");
  EXPECT_EQ(result->loss, std::nullopt);
  EXPECT_EQ(result->worker_seconds_by_phase, std::nullopt);
}

TEST(RunResultTest, AMissingOrBrokenResultIsToldByItsPath) {
  const TemporaryFolder output;
  EXPECT_EQ(RunResult::Read(output.path()).status().code(), absl::StatusCode::kNotFound);
  output.Write("result.json", "{\"status\":");
  const auto broken = RunResult::Read(output.path());
  EXPECT_EQ(broken.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(broken.status().message()),
              StartsWith(output.path() + "/result.json is not a JSON object: "));
}

TEST(RunResultTest, ARemovedResultIsOfARunThatIsNotOver) {
  const TemporaryFolder output;
  ASSERT_TRUE(TrainedResult().Write(output.path()).ok());
  RunResult::Remove(output.path());
  EXPECT_EQ(RunResult::Read(output.path()).status().code(), absl::StatusCode::kNotFound);
}

TEST(RunResultTest, TheTableGivesEachPhaseItsShare) {
  RunResult result;
  result.seconds_by_phase = {{"prepare", 1}, {"train", 3}};
  EXPECT_THAT(result.Table(), ElementsAre("the job                       seconds   share",
                                          "  prepare                        1.00  25.0 %",
                                          "  train                          3.00  75.0 %"));
}

}  // namespace
}  // namespace shoal
