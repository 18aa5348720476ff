#include "common/job/job.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

// What ValidateJob says to a job that is right but for `assignments`.
std::string MistakesOf(const std::vector<std::string>& assignments) {
  job::Job job;
  job.mutable_objective()->mutable_skip_gram();
  job.mutable_data()->mutable_corpus()->add_path("text.txt");
  for (const std::string& assignment : assignments) EXPECT_TRUE(SetField(&job, assignment).ok()) << assignment;
  return std::string(ValidateJob(job).message());
}

TEST(ValidateJobTest, AJobOfDefaultsWithAnObjectiveAndATextIsRight) { EXPECT_EQ(MistakesOf({}), ""); }

TEST(ValidateJobTest, AnEmptyJobLacksAnObjectiveAndData) {
  EXPECT_EQ(std::string(ValidateJob(job::Job()).message()),
            "objective: none is given; give one of skip_gram, cooccurrence, simclr, moco, instance\n"
            "data: none is given; give one of corpus, images, as in data { corpus { path: \"text.txt\" } }");
}

TEST(ValidateJobTest, ACorpusNeedsAPath) {
  EXPECT_EQ(MistakesOf({"data.corpus.path="}), "data.corpus.path is empty; give the files or folders of the text");
  job::Job job;
  job.mutable_objective()->mutable_skip_gram();
  job.mutable_data()->mutable_corpus()->add_path("");
  EXPECT_EQ(std::string(ValidateJob(job).message()), "data.corpus.path has an empty entry; give a file or a folder");
}

TEST(ValidateJobTest, PicturesNeedAPath) {
  job::Job job;
  job.mutable_data()->mutable_images();
  EXPECT_THAT(std::string(ValidateJob(job).message()),
              HasSubstr("data.images.path is empty; give the files or folders of the pictures"));
  job.mutable_data()->mutable_images()->add_path("");
  EXPECT_THAT(std::string(ValidateJob(job).message()),
              HasSubstr("data.images.path has an empty entry; give a file or a folder"));
}

TEST(ValidateJobTest, ObjectivesOnWordsTakeNoPictures) {
  job::Job job;
  job.mutable_data()->mutable_images()->add_path("pictures");
  job.mutable_objective()->mutable_skip_gram();
  EXPECT_EQ(
      std::string(ValidateJob(job).message()),
      "objective.skip_gram trains on text, and data.images is given; give data { corpus { path: \"text.txt\" } }");
  job.mutable_objective()->mutable_cooccurrence();
  EXPECT_THAT(std::string(ValidateJob(job).message()), HasSubstr("objective.cooccurrence trains on text"));
}

TEST(ValidateJobTest, ValuesSetByProgramAreHeldAgainstTheirRangesToo) {
  job::Job job;
  job.mutable_data()->mutable_corpus()->add_path("text.txt");
  job.mutable_objective()->mutable_skip_gram()->set_dim(0);
  job.mutable_objective()->mutable_skip_gram()->mutable_optimizer()->set_beta1(1);
  EXPECT_EQ(std::string(ValidateJob(job).message()),
            "objective.skip_gram.dim is 0, not in 1..8192\n"
            "objective.skip_gram.optimizer.beta1 is 1, not in 0..0.9999999");
}

TEST(ValidateJobTest, TheLearningRateMustFall) {
  EXPECT_EQ(MistakesOf({"objective.skip_gram.learning_rate=0.01", "objective.skip_gram.final_learning_rate=0.02"}),
            "objective.skip_gram.final_learning_rate is 0.02, above objective.skip_gram.learning_rate, 0.01; the rate "
            "falls, so give a lower one");
}

TEST(ValidateJobTest, TheFullSoftmaxHasNoNegativesToShare) {
  EXPECT_EQ(MistakesOf({"objective.skip_gram.loss=FULL_SOFTMAX", "objective.skip_gram.block.centres=2",
                        "objective.skip_gram.block.negatives=5"}),
            "objective.skip_gram.block.centres is 2, but objective.skip_gram.loss FULL_SOFTMAX has no negatives to "
            "share; use NEGATIVE_SAMPLING or NCE\n"
            "objective.skip_gram.block.negatives is 5, but objective.skip_gram.loss FULL_SOFTMAX has no negatives to "
            "share; use NEGATIVE_SAMPLING or NCE");
  EXPECT_EQ(MistakesOf({"objective.skip_gram.loss=NCE", "objective.skip_gram.block.centres=2"}), "");
}

TEST(ValidateJobTest, OneLateHeartbeatMustNotEndTheJob) {
  EXPECT_EQ(MistakesOf({"heartbeats.interval_seconds=1", "heartbeats.dead_after_seconds=2"}),
            "heartbeats.dead_after_seconds is 2, not above twice heartbeats.interval_seconds, 1; one late heartbeat "
            "would end the job: raise the one or lower the other");
  EXPECT_EQ(MistakesOf({"heartbeats.interval_seconds=1", "heartbeats.dead_after_seconds=2.5"}), "");
}

TEST(ValidateJobTest, AnEpsilonThatNothingUsesIsAMistake) {
  EXPECT_EQ(MistakesOf({"objective.skip_gram.optimizer.epsilon=0.1"}),
            "objective.skip_gram.optimizer.epsilon is 0.1, but objective.skip_gram.optimizer.kind SGD does not use it; "
            "choose another kind or leave it out");
  EXPECT_EQ(MistakesOf({"objective.skip_gram.optimizer.epsilon=0.1", "objective.skip_gram.optimizer.kind=ADAGRAD"}),
            "");
}

TEST(ValidateJobTest, StrictDeterminismNeedsRowsThatTravelByMessages) {
  EXPECT_EQ(
      MistakesOf({"determinism=STRICT", "parameter_server.access=MAPPED"}),
      "parameter_server.access is MAPPED, but with determinism STRICT rows travel by messages; leave it out or use "
      "REMOTE");
  EXPECT_EQ(MistakesOf({"determinism=STRICT"}), "");
}

TEST(ValidateJobTest, StrictDeterminismCannotEndByTheClock) {
  EXPECT_EQ(MistakesOf({"determinism=STRICT", "max_cpu_seconds=100"}),
            "max_cpu_seconds is 100, but determinism STRICT must end at the same place each time; leave one out");
}

TEST(ValidateJobTest, EveryRanksPortMustExist) {
  EXPECT_EQ(MistakesOf({"metrics.port=65534", "workers=3"}),
            "metrics.port is 65534, and with 1 servers and 3 workers the last rank's would be 65538, above 65535; give "
            "0 or a lower one");
  EXPECT_EQ(MistakesOf({"metrics.port=65534", "workers=3", "metrics.enabled=false"}), "");
}

TEST(ValidateJobTest, AllMistakesAreFoundInOneGo) {
  const std::string mistakes = MistakesOf({"data.corpus.path=", "heartbeats.dead_after_seconds=0.3",
                                           "objective.skip_gram.final_learning_rate=1", "metrics.port=65535"});
  EXPECT_EQ(std::count(mistakes.begin(), mistakes.end(), '\n'), 3) << mistakes;
}

}  // namespace
}  // namespace shoal
