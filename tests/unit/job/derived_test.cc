#include "common/job/derived.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "common/text.h"

namespace shoal {
namespace {

TEST(DerivedTest, PreparedDataIsKeptBesideTheOutputFolderUnlessTheJobSaysWhere) {
  job::Job job;
  EXPECT_EQ(CacheDirectory(job, "/data/out"), "/data/.shoal-cache");
  EXPECT_EQ(CacheDirectory(job, "/data/out/"), "/data/.shoal-cache");
  EXPECT_EQ(CacheDirectory(job, "out"), Cat(std::filesystem::current_path().string(), "/.shoal-cache"));
  job.mutable_data()->mutable_corpus()->set_cache_directory("/cache");
  EXPECT_EQ(CacheDirectory(job, "/data/out"), "/cache");
}

TEST(DerivedTest, UnitsOfASmallCorpusAreSmallerSoThatAllWorkersStayBusy) {
  job::Job job;
  EXPECT_EQ(WordsPerUnit(job, uint64_t{1} << 40), 200000u);
  EXPECT_EQ(WordsPerUnit(job, 12800000), 100000u);
  EXPECT_EQ(WordsPerUnit(job, 5000), 1000u);
}

TEST(DerivedTest, UnitsOfStrictDeterminismAreBatchesWhateverTheCorpus) {
  job::Job job;
  job.set_determinism(job::Job::STRICT);
  EXPECT_EQ(WordsPerUnit(job, uint64_t{1} << 40), 2000u);
  EXPECT_EQ(WordsPerUnit(job, 5000), 2000u);
  job.mutable_data()->mutable_corpus()->set_unit_words(1500);
  EXPECT_EQ(WordsPerUnit(job, 5000), 1500u);
}

TEST(DerivedTest, SentencesOfStrictDeterminismEndWithAUnitAndWhereNoWindowReachesOver) {
  job::Job job;
  EXPECT_EQ(MaxSentenceWords(job), 10000u);
  job.set_determinism(job::Job::STRICT);
  EXPECT_EQ(MaxSentenceWords(job), 2000u);
  job.mutable_objective()->mutable_skip_gram()->set_sentence_limit(300);
  EXPECT_EQ(MaxSentenceWords(job), 1800u);
  job.mutable_objective()->mutable_skip_gram()->set_sentence_limit(5000);
  EXPECT_EQ(MaxSentenceWords(job), 5000u);
  job.mutable_data()->mutable_corpus()->set_max_sentence_words(70);
  EXPECT_EQ(MaxSentenceWords(job), 70u);
}

}  // namespace
}  // namespace shoal
