#include "common/checkpoint/what_matters.h"

#include "common/job/job.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

job::Job JobOf(const std::string& changes) {
  return *ParseJob("objective { skip_gram { dim: 100 } } data { corpus { path: \"/a\" } } " + changes, "job");
}

TEST(WhatMattersTest, MachinesAndHowRowsTravelMayDiffer) {
  const job::Job job = JobOf(
      "workers: 3 servers: 2 epochs: 7 parameter_server { access: REMOTE } metrics { port: 9 } "
      "checkpoint { keep: 5 } max_restarts: 1 placement { hostfile: \"h\" }");
  EXPECT_THAT(DifferencesThatMatter(job, JobOf("")), IsEmpty());
}

TEST(WhatMattersTest, WhereTheDataLiesMayDiffer) {
  job::Job moved = JobOf("");
  moved.mutable_data()->mutable_corpus()->set_path(0, "/b");
  EXPECT_THAT(DifferencesThatMatter(moved, JobOf("")), IsEmpty());
}

TEST(WhatMattersTest, WherePicturesLieMayDifferAndHowTheyAreShrunkMayNot) {
  const auto job_of = [](const std::string& images) {
    return *ParseJob("data { images { path: \"/a\" " + images + " } }", "job");
  };
  job::Job moved = job_of("cache_directory: \"c\" threads: 3 decode_limit_bytes: 5 layout: FOLDERS");
  moved.mutable_data()->mutable_images()->set_path(0, "/b");
  EXPECT_THAT(DifferencesThatMatter(moved, job_of("")), IsEmpty());
  EXPECT_THAT(DifferencesThatMatter(job_of("shrink_to: 96"), job_of("")),
              ElementsAre("data.images.shrink_to is 96, and the checkpoint's is 0"));
}

TEST(WhatMattersTest, EachFieldThatMattersIsALineWithBothValues) {
  job::Job job = JobOf("seed: 2");
  job.mutable_objective()->mutable_skip_gram()->set_dim(300);
  job.mutable_data()->mutable_corpus()->set_min_count(9);
  EXPECT_THAT(
      DifferencesThatMatter(job, JobOf("")),
      ElementsAre("objective.skip_gram.dim is 300, and the checkpoint's is 100",
                  "data.corpus.min_count is 9, and the checkpoint's is 5", "seed is 2, and the checkpoint's is 1"));
}

TEST(WhatMattersTest, AFieldAtItsDefaultEqualsOneThatIsNotSet) {
  EXPECT_THAT(DifferencesThatMatter(JobOf("seed: 1"), JobOf("")), IsEmpty());
}

TEST(WhatMattersTest, EpochsMayBeMoreButNotFewer) {
  EXPECT_THAT(DifferencesThatMatter(JobOf("epochs: 9"), JobOf("")), IsEmpty());
  EXPECT_THAT(DifferencesThatMatter(JobOf("epochs: 4"), JobOf("")),
              ElementsAre("epochs is 4, fewer than the checkpoint's 5"));
}

TEST(WhatMattersTest, UnitsOfARoundMatterWhereThereAreRounds) {
  EXPECT_THAT(DifferencesThatMatter(JobOf("units_per_round: 3"), JobOf("")), IsEmpty());
  EXPECT_THAT(DifferencesThatMatter(JobOf("determinism: STRICT units_per_round: 3"), JobOf("determinism: STRICT")),
              ElementsAre("units_per_round is 3, and the checkpoint's is 8"));
  EXPECT_THAT(DifferencesThatMatter(JobOf("determinism: STRICT"), JobOf("")),
              ElementsAre("determinism is STRICT, and the checkpoint's is NONE"));
}

TEST(WhatMattersTest, AnotherObjectiveIsNamed) {
  const job::Job other = *ParseJob("objective { cooccurrence {} } data { corpus { path: \"/a\" } }", "job");
  EXPECT_THAT(DifferencesThatMatter(other, JobOf("")),
              ElementsAre("the checkpoint has objective.skip_gram, and the job has not",
                          "the job has objective.cooccurrence, and the checkpoint has not"));
}

}  // namespace
}  // namespace shoal
