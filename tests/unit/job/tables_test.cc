#include <gtest/gtest.h>

#include "common/job/job.h"
#include "common/job/tables.h"

namespace shoal {
namespace {

job::Job SkipGramJob() {
  job::Job job;
  job.mutable_objective()->mutable_skip_gram()->set_dim(50);
  job.set_seed(7);
  return job;
}

TEST(TablesTest, SkipGramHasAUniformInputAndAZeroOutputTable) {
  job::Job job = SkipGramJob();
  job.mutable_objective()->mutable_skip_gram()->mutable_optimizer()->set_kind(job::RowOptimizer::ADAGRAD);
  const auto tables = TablesOf(job, 1000);
  ASSERT_EQ(tables.size(), 2u);
  for (uint32_t id : {0, 1}) {
    EXPECT_EQ(tables[id].id(), id);
    EXPECT_EQ(tables[id].rows(), 1000u);
    EXPECT_EQ(tables[id].dim(), 50u);
    EXPECT_EQ(tables[id].optimizer().kind(), job::RowOptimizer::ADAGRAD);
    EXPECT_TRUE(tables[id].huge_pages());
  }
  EXPECT_EQ(tables[0].name(), "input");
  EXPECT_EQ(tables[0].initializer().kind(), wire::Initializer::UNIFORM);
  EXPECT_EQ(tables[0].initializer().scale(), 0.01);
  EXPECT_EQ(tables[0].initializer().seed(), 7u);
  EXPECT_EQ(tables[1].name(), "output");
  EXPECT_EQ(tables[1].initializer().kind(), wire::Initializer::ZERO);
}

TEST(TablesTest, OnlyWorkersThatChangeSharedRowsInPlaceKeepCopies) {
  job::Job job = SkipGramJob();
  wire::TableSpec table = TablesOf(job, 100000)[0];
  EXPECT_EQ(HotRowsOf(job, table), 0u);
  job.mutable_parameter_server()->set_hot_rows(100);
  EXPECT_EQ(HotRowsOf(job, table), 0u);
  job.set_workers(2);
  EXPECT_EQ(HotRowsOf(job, table), 100u);
  table.set_rows(50);
  EXPECT_EQ(HotRowsOf(job, table), 50u);
  table.mutable_optimizer()->set_kind(job::RowOptimizer::ADAGRAD);
  EXPECT_EQ(HotRowsOf(job, table), 0u);
}

TEST(TablesTest, AVocabularyTooSmallForTheJobIsTold) {
  job::Job job = SkipGramJob();
  EXPECT_TRUE(CheckVocabularySize(job, 2).ok());
  EXPECT_EQ(CheckVocabularySize(job, 0).message(),
            "the vocabulary is empty; give more text (data.corpus.path) or lower data.corpus.min_count (5)");
  EXPECT_EQ(CheckVocabularySize(job, 1).message(),
            "the vocabulary has one word, which has no context; give more text (data.corpus.path) or lower "
            "data.corpus.min_count (5)");
  job.set_servers(11);
  EXPECT_EQ(CheckVocabularySize(job, 10).message(),
            "servers is 11, more than the vocabulary's 10 words, and each needs a row at least; lower servers or give "
            "more text (data.corpus.path) or lower data.corpus.min_count (5)");
  job.set_servers(10);
  EXPECT_TRUE(CheckVocabularySize(job, 10).ok());
}

}  // namespace
}  // namespace shoal
