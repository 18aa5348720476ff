#include <gtest/gtest.h>

#include "common/job/job.h"

namespace shoal {
namespace {

std::string MistakeOf(std::string_view assignment) {
  job::Job job;
  const absl::Status status = SetField(&job, assignment);
  EXPECT_EQ(job.ByteSizeLong(), 0u) << "a mistaken assignment changed the job";
  return std::string(status.message());
}

TEST(SetFieldTest, ValuesOfEveryKindAreSet) {
  job::Job job;
  for (const char* assignment : {"objective.skip_gram.window=8", "objective.skip_gram.loss=FULL_SOFTMAX", "seed=0",
                                 "objective.skip_gram.learning_rate=1e-3", "metrics.enabled=false", "name=a=b"}) {
    ASSERT_TRUE(SetField(&job, assignment).ok()) << assignment;
  }
  EXPECT_EQ(job.objective().skip_gram().window(), 8u);
  EXPECT_EQ(job.objective().skip_gram().loss(), job::SkipGram::FULL_SOFTMAX);
  EXPECT_EQ(job.seed(), 0u);
  EXPECT_EQ(job.objective().skip_gram().learning_rate(), 1e-3);
  EXPECT_FALSE(job.metrics().enabled());
  EXPECT_EQ(job.name(), "a=b");
}

TEST(SetFieldTest, ARepeatedFieldTakesOneMoreAndAnEmptyValueEmptiesIt) {
  job::Job job;
  ASSERT_TRUE(SetField(&job, "data.corpus.path=a").ok());
  ASSERT_TRUE(SetField(&job, "data.corpus.path=b").ok());
  EXPECT_EQ(job.data().corpus().path_size(), 2);
  ASSERT_TRUE(SetField(&job, "data.corpus.path=").ok());
  EXPECT_EQ(job.data().corpus().path_size(), 0);
}

TEST(SetFieldTest, MistakesTellThePathTheValueAndWhatItMayBe) {
  EXPECT_EQ(MistakeOf("objective.skip_gram.window=0"), "objective.skip_gram.window is 0, not in 1..64");
  EXPECT_EQ(MistakeOf("objective.skip_gram.window=-1"), "objective.skip_gram.window is -1, not in 1..64");
  EXPECT_EQ(MistakeOf("objective.skip_gram.window=99999999999"),
            "objective.skip_gram.window is 99999999999, not in 1..64");
  EXPECT_EQ(MistakeOf("objective.skip_gram.window="),
            "objective.skip_gram.window is empty, not a whole number in 1..64");
  EXPECT_EQ(MistakeOf("data.corpus.min_count=0"), "data.corpus.min_count is 0, not at least 1");
  EXPECT_EQ(MistakeOf("data.corpus.max_words=4294967295"), "data.corpus.max_words is 4294967295, not in 0..4294967294");
  EXPECT_EQ(MistakeOf("evaluation.analogy_words=4294967296"),
            "evaluation.analogy_words is 4294967296, not in 4..4294967295");
  EXPECT_EQ(MistakeOf("objective.skip_gram.subsample=nan"), "objective.skip_gram.subsample is nan, not in 0..1");
  EXPECT_EQ(MistakeOf("objective.skip_gram.learning_rate=fast"),
            "objective.skip_gram.learning_rate is fast, not a number above 0 and at most 1000");
  EXPECT_EQ(MistakeOf("objective.skip_gram.loss=full_softmax"),
            "objective.skip_gram.loss is full_softmax; did you mean FULL_SOFTMAX?");
  EXPECT_EQ(MistakeOf("objective.skip_gram.loss=hinge"),
            "objective.skip_gram.loss is hinge, not one of NEGATIVE_SAMPLING, NCE, FULL_SOFTMAX");
  EXPECT_EQ(MistakeOf("metrics.enabled=yes"), "metrics.enabled is yes, not true or false");
}

TEST(SetFieldTest, MistakenPathsAreToldTheNearestOne) {
  EXPECT_EQ(MistakeOf("objective.skipgram.window=5"),
            "objective.skipgram: no such field; did you mean objective.skip_gram?");
  EXPECT_EQ(MistakeOf("hot_rows=5"), "hot_rows: no such field; did you mean parameter_server.hot_rows?");
  EXPECT_EQ(MistakeOf("metrics.colour=5"), "metrics.colour: no such field, not one of enabled, port, bind_address");
  EXPECT_EQ(MistakeOf("epochs.more=5"), "epochs.more: no such field; epochs is a value and has no fields");
  EXPECT_EQ(MistakeOf("metrics=on"), "metrics has fields of its own; set one of enabled, port, bind_address");
  EXPECT_EQ(MistakeOf("window"), "'window' is not of the form path=value, as objective.skip_gram.window=8 is");
}

TEST(SetFieldTest, AnotherObjectiveIsNotSetOverTheFirst) {
  job::Job job;
  ASSERT_TRUE(SetField(&job, "objective.skip_gram.dim=50").ok());
  EXPECT_EQ(SetField(&job, "objective.cooccurrence.dim=50").message(),
            "objective.cooccurrence: skip_gram is given already, and there can be one only; leave one out");
  EXPECT_EQ(job.objective().skip_gram().dim(), 50u);
}

}  // namespace
}  // namespace shoal
