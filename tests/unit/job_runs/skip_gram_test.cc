// Whole jobs that train word vectors on a small text, by each way to the rows, on one server and on several.

#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "common/files.h"
#include "common/status.h"
#include "data/word_vectors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/job_runs/job_run.h"
#include "tests/unit/job_runs/topic_corpus.h"

namespace shoal {
namespace {

struct Trained {
  std::vector<std::string> words;
  std::vector<float> rows;  // [words, dim]
  double loss = 0;

  std::span<const float> row(size_t i) const { return {&rows[i * dim()], dim()}; }
  size_t dim() const { return rows.size() / words.size(); }
};

double Cosine(std::span<const float> a, std::span<const float> b) {
  double ab = 0, aa = 0, bb = 0;
  for (size_t i = 0; i < a.size(); ++i) ab += a[i] * b[i], aa += a[i] * a[i], bb += b[i] * b[i];
  return ab / std::sqrt(aa * bb);
}

// How much nearer words of one topic are to each other than to those of other topics, in mean cosine.
double TopicMargin(const Trained& trained) {
  double same = 0, other = 0;
  int same_count = 0, other_count = 0;
  for (size_t i = 0; i < trained.words.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      const std::string &a = trained.words[i], &b = trained.words[j];
      if (a[0] != 't' || b[0] != 't') continue;
      const double cosine = Cosine(trained.row(i), trained.row(j));
      a[1] == b[1] ? (same += cosine, ++same_count) : (other += cosine, ++other_count);
    }
  }
  return same / same_count - other / other_count;
}

class SkipGramJobTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = Cat(::testing::TempDir(), "skip_gram_job.", ::getpid());
    std::filesystem::create_directories(folder_);
    ASSERT_TRUE(WriteFileAtomically(folder_ + "/text.txt", TopicCorpus().Text()).ok());
  }
  static void TearDownTestSuite() { std::filesystem::remove_all(folder_); }

  static job::Job JobOn(uint32_t servers, uint32_t workers, job::ParameterServer::Access access) {
    job::Job job = QuickJob(servers, workers);
    job.set_epochs(3);
    job::SkipGram& skip_gram = *job.mutable_objective()->mutable_skip_gram();
    skip_gram.set_dim(20);
    skip_gram.set_subsample(0);
    job::Corpus& corpus = *job.mutable_data()->mutable_corpus();
    corpus.add_path(folder_ + "/text.txt");
    corpus.set_cache_directory(folder_ + "/cache");
    job.mutable_parameter_server()->set_access(access);
    job.mutable_parameter_server()->set_prefetch(false);
    job.mutable_parameter_server()->set_batch_words(200);
    // Four workers and three servers as threads of one process may have to share a single core.
    job.mutable_heartbeats()->set_dead_after_seconds(20);
    job.mutable_parameter_server()->set_request_timeout_seconds(5);
    return job;
  }

  static Trained Train(const job::Job& job, absl::Duration delay = absl::ZeroDuration()) {
    JobRun run({.job = job, .network = {.delay = delay}});
    for (const absl::Status& end : run.Wait()) EXPECT_TRUE(end.ok()) << end;
    const auto vectors = WordVectors::Load(run.output() + "/vectors.bin");
    EXPECT_TRUE(vectors.ok()) << vectors.status();
    Trained trained{.loss = run.Result().fields().at("loss").number_value()};
    for (uint64_t i = 0; vectors.ok() && i < vectors->words(); ++i) {
      trained.words.emplace_back(vectors->word(i));
      trained.rows.insert(trained.rows.end(), vectors->row(i).begin(), vectors->row(i).end());
    }
    return trained;
  }

  static std::string folder_;
};

std::string SkipGramJobTest::folder_;

constexpr auto kMapped = job::ParameterServer::MAPPED;
constexpr auto kRemote = job::ParameterServer::REMOTE;

bool SameBytes(const Trained& a, const Trained& b) {
  return a.words == b.words && a.rows.size() == b.rows.size() &&
         std::memcmp(a.rows.data(), b.rows.data(), a.rows.size() * sizeof(float)) == 0;
}

TEST_F(SkipGramJobTest, TrainingLowersTheLossAndDrawsWordsOfATopicTogether) {
  const Trained trained = Train(JobOn(1, 1, kMapped));
  EXPECT_EQ(trained.words.size(), 240u);
  EXPECT_LT(trained.loss, 0.9 * 6 * std::log(2.0)) << "(k+1) ln 2 is what untrained vectors cost";
  EXPECT_GT(TopicMargin(trained), 0.3);
}

TEST_F(SkipGramJobTest, TheVocabularyOfARunStandsBesideItsVectorsAndGivesAnotherRunTheSameBytes) {
  job::Job job = JobOn(1, 1, kMapped);
  JobRun run({.job = job});
  ASSERT_TRUE(run.coordinator().ok()) << run.coordinator();
  const std::string vectors = run.output() + "/vectors.bin", vocabulary = run.output() + "/vocabulary.txt";
  const auto result = run.Result();
  const auto& files = result.fields().at("files").list_value();
  ASSERT_EQ(files.values_size(), 2);
  EXPECT_EQ(files.values(0).string_value(), vectors);
  EXPECT_EQ(files.values(1).string_value(), vocabulary);
  job.mutable_data()->mutable_corpus()->set_vocabulary_file(vocabulary);
  JobRun again({.job = job});
  ASSERT_TRUE(again.coordinator().ok()) << again.coordinator();
  EXPECT_TRUE(*ReadFile(again.output() + "/vectors.bin") == *ReadFile(vectors));
  EXPECT_TRUE(*ReadFile(again.output() + "/vocabulary.txt") == *ReadFile(vocabulary));
}

TEST_F(SkipGramJobTest, OneWorkerGetsTheSameBytesFromOneTwoAndThreeServers) {
  const Trained one = Train(JobOn(1, 1, kMapped));
  EXPECT_TRUE(SameBytes(one, Train(JobOn(2, 1, kMapped))));
  EXPECT_TRUE(SameBytes(one, Train(JobOn(3, 1, kMapped))));
}

TEST_F(SkipGramJobTest, OneWorkerGetsTheSameBytesFromOneTwoAndThreeRemoteServers) {
  const Trained one = Train(JobOn(1, 1, kRemote));
  EXPECT_TRUE(SameBytes(one, Train(JobOn(2, 1, kRemote))));
  EXPECT_TRUE(SameBytes(one, Train(JobOn(3, 1, kRemote))));
}

TEST_F(SkipGramJobTest, AnotherSeedGivesOtherVectors) {
  job::Job other = JobOn(1, 1, kMapped);
  other.set_seed(2);
  EXPECT_FALSE(SameBytes(Train(JobOn(1, 1, kMapped)), Train(other)));
}

TEST_F(SkipGramJobTest, RemoteRowsWithoutPrefetchEqualMappedOnesWithinRounding) {
  const Trained mapped = Train(JobOn(2, 1, kMapped)), remote = Train(JobOn(2, 1, kRemote));
  ASSERT_EQ(mapped.words, remote.words);
  double most = 0;
  for (size_t i = 0; i < mapped.rows.size(); ++i) {
    most = std::max<double>(most, std::abs(mapped.rows[i] - remote.rows[i]));
  }
  EXPECT_LT(most, 1e-3);
  EXPECT_NEAR(mapped.loss, remote.loss, 1e-4);
}

TEST_F(SkipGramJobTest, PrefetchCostsNoQuality) {
  job::Job prefetch = JobOn(2, 1, kRemote);
  prefetch.mutable_parameter_server()->set_prefetch(true);
  const Trained trained = Train(prefetch, /*delay=*/absl::Milliseconds(1)), plain = Train(JobOn(2, 1, kRemote));
  EXPECT_NEAR(trained.loss, plain.loss, 0.03 * plain.loss);
  EXPECT_NEAR(TopicMargin(trained), TopicMargin(plain), 0.1);
}

TEST_F(SkipGramJobTest, SeveralWorkersReachTheQualityOfOneByMappedAndByRemoteRows) {
  const Trained one = Train(JobOn(1, 1, kMapped));
  for (const auto access : {kMapped, kRemote}) {
    const Trained several = Train(JobOn(3, 4, access), /*delay=*/absl::Microseconds(200));
    EXPECT_EQ(several.words, one.words);
    EXPECT_NEAR(several.loss, one.loss, 0.05 * one.loss) << job::ParameterServer::Access_Name(access);
    EXPECT_NEAR(TopicMargin(several), TopicMargin(one), 0.1) << job::ParameterServer::Access_Name(access);
  }
}

struct Way {
  job::SkipGram::Loss loss;
  job::RowOptimizer::Kind optimizer;
  double learning_rate;  // Adaptive optimizers set the size of a step by it alone, whatever the gradient's.
};

std::string NameOf(const ::testing::TestParamInfo<Way>& way) {
  return job::SkipGram::Loss_Name(way.param.loss) + "_" + job::RowOptimizer::Kind_Name(way.param.optimizer);
}

class WayToTrainTest : public SkipGramJobTest, public ::testing::WithParamInterface<Way> {};

TEST_P(WayToTrainTest, DrawsWordsOfATopicTogether) {
  job::Job job = JobOn(2, 1, kMapped);
  job::SkipGram& skip_gram = *job.mutable_objective()->mutable_skip_gram();
  skip_gram.set_loss(GetParam().loss);
  skip_gram.mutable_optimizer()->set_kind(GetParam().optimizer);
  skip_gram.set_learning_rate(GetParam().learning_rate);
  EXPECT_GT(TopicMargin(Train(job)), 0.15);
}

INSTANTIATE_TEST_SUITE_P(LossesAndOptimizers, WayToTrainTest,
                         ::testing::Values(Way{job::SkipGram::NEGATIVE_SAMPLING, job::RowOptimizer::ADAGRAD, 0.2},
                                           Way{job::SkipGram::NEGATIVE_SAMPLING, job::RowOptimizer::ROW_WISE_ADAGRAD,
                                               0.2},
                                           Way{job::SkipGram::NEGATIVE_SAMPLING, job::RowOptimizer::LAZY_ADAM, 0.01},
                                           Way{job::SkipGram::NCE, job::RowOptimizer::SGD, 0.025},
                                           Way{job::SkipGram::NCE, job::RowOptimizer::ADAGRAD, 0.2},
                                           Way{job::SkipGram::FULL_SOFTMAX, job::RowOptimizer::SGD, 0.025}),
                         NameOf);

TEST_F(SkipGramJobTest, APreparedCorpusIsReusedByTheNextRun) {
  Train(JobOn(1, 1, kMapped));
  JobRun again({.job = JobOn(1, 1, kMapped)});
  EXPECT_TRUE(again.coordinator().ok());
  EXPECT_THAT(*ReadFile(again.output() + "/log.jsonl"), ::testing::HasSubstr(R"("reused":true)"));
}

TEST_F(SkipGramJobTest, ACorpusThatIsNotThereEndsTheJobWithItsPath) {
  job::Job job = JobOn(1, 1, kMapped);
  job.mutable_data()->mutable_corpus()->set_path(0, folder_ + "/no such text");
  JobRun run({.job = job});
  EXPECT_THAT(std::string(ToStd(run.coordinator().message())), ::testing::HasSubstr("/no such text"));
}

TEST_F(SkipGramJobTest, MoreServersThanWordsAreRefused) {
  job::Job job = JobOn(300, 1, kMapped);
  JobRun run({.job = job});
  EXPECT_THAT(std::string(ToStd(run.coordinator().message())), ::testing::HasSubstr("servers"));
}

class StrictTest : public SkipGramJobTest, public ::testing::WithParamInterface<Way> {};

TEST_P(StrictTest, AnyNumberOfWorkersAndServersGivesTheSameBytesUnderDelays) {
  const auto strict = [](uint32_t servers, uint32_t workers) {
    job::Job job = JobOn(servers, workers, kRemote);
    job.set_determinism(job::Job::STRICT);
    job.set_units_per_round(3);
    job.mutable_data()->mutable_corpus()->set_unit_words(1000);
    job.mutable_parameter_server()->set_prefetch(workers > 1);
    job::SkipGram& skip_gram = *job.mutable_objective()->mutable_skip_gram();
    skip_gram.set_loss(GetParam().loss);
    skip_gram.mutable_optimizer()->set_kind(GetParam().optimizer);
    skip_gram.set_learning_rate(GetParam().learning_rate);
    return job;
  };
  const Trained one = Train(strict(1, 1));
  EXPECT_GT(TopicMargin(one), 0.15);
  EXPECT_TRUE(SameBytes(one, Train(strict(2, 2), /*delay=*/absl::Microseconds(50))));
  EXPECT_TRUE(SameBytes(one, Train(strict(1, 3))));
  EXPECT_TRUE(SameBytes(one, Train(strict(3, 4), /*delay=*/absl::Microseconds(200))));
}

INSTANTIATE_TEST_SUITE_P(Optimizers, StrictTest,
                         ::testing::Values(Way{job::SkipGram::NEGATIVE_SAMPLING, job::RowOptimizer::SGD, 0.025},
                                           Way{job::SkipGram::NEGATIVE_SAMPLING, job::RowOptimizer::LAZY_ADAM, 0.05}),
                         NameOf);

}  // namespace
}  // namespace shoal
