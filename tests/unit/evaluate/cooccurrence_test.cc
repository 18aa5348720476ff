// The baseline's parts against straightforward reckoning, and the whole of it on a corpus with a known structure.

#include <Eigen/Core>
#include <cmath>
#include <map>
#include <random>

#include "common/clock.h"
#include "common/job/derived.h"
#include "common/job/job.h"
#include "data/prepare.h"
#include "data/vocabulary.h"
#include "data/word_vectors.h"
#include "evaluate/cooccurrence/context_counts.h"
#include "evaluate/cooccurrence/pmi_matrix.h"
#include "evaluate/cooccurrence/train.h"
#include "evaluate/cooccurrence/truncated_svd.h"
#include "evaluate/similarity.h"
#include "evaluate/symmetric_eigen.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

void IgnoreProgress(double) {}

// The token file of `text`, every word kept.
std::unique_ptr<TokenFile> Tokens(const TemporaryFolder& folder, std::string_view text) {
  job::Corpus corpus;
  corpus.add_path(folder.Write("corpus.txt", text));
  corpus.set_min_count(1);
  const auto prepared = PrepareCorpus(corpus, folder.Path("cache"), [](double, std::string_view) {});
  EXPECT_TRUE(prepared.ok()) << prepared.status();
  auto tokens = TokenFile::Open(prepared->path);
  EXPECT_TRUE(tokens.ok()) << tokens.status();
  return *std::move(tokens);
}

// Sentences of words drawn by Zipf's law.
std::string ZipfText(int sentences, int vocabulary) {
  std::mt19937 random(5);
  std::vector<double> weights;
  for (int i = 1; i <= vocabulary; ++i) weights.push_back(1.0 / i);
  std::discrete_distribution<int> word(weights.begin(), weights.end());
  std::string text;
  for (int s = 0; s < sentences; ++s) {
    const int length = 1 + s % 17;
    for (int i = 0; i < length; ++i) text += Cat("w", word(random), " ");
    text += "\n";
  }
  return text;
}

using Counts = std::map<std::pair<uint64_t, uint64_t>, uint64_t>;

Counts CountsByBlocks(const ContextCounts& counts, uint64_t bytes) {
  Counts all;
  for (const auto& block : counts.Blocks(bytes)) {
    counts.CountRows(block, [&](uint64_t word, std::span<const uint32_t> contexts, std::span<const uint64_t> sums) {
      EXPECT_TRUE(std::is_sorted(contexts.begin(), contexts.end()));
      for (size_t i = 0; i < contexts.size(); ++i) all[{word, contexts[i]}] = sums[i];
    });
  }
  return all;
}

Counts CountsByDefinition(const TokenFile& tokens, const ContextWindow& window) {
  Counts all;
  for (uint64_t s = 0; s < tokens.sentences(); ++s) {
    const auto sentence = tokens.sentence(s);
    for (int64_t i = 0; i < std::ssize(sentence); ++i) {
      for (int64_t j = 0; j < std::ssize(sentence); ++j) {
        const auto distance = static_cast<uint32_t>(std::abs(i - j));
        if (distance == 0 || distance > window.reach) continue;
        all[{sentence[i], sentence[j]}] += window.weigh_distance ? window.reach + 1 - distance : 1;
      }
    }
  }
  return all;
}

TEST(ContextCountsTest, BlocksOfAnySizeCountWhatTheDefinitionSays) {
  const TemporaryFolder folder;
  const auto tokens = Tokens(folder, ZipfText(400, 60));
  for (const bool weigh : {false, true}) {
    const ContextWindow window{.reach = 3, .weigh_distance = weigh};
    const ContextCounts counts(*tokens, window);
    const Counts expected = CountsByDefinition(*tokens, window);
    EXPECT_EQ(CountsByBlocks(counts, 1), expected);            // A row a block.
    EXPECT_EQ(CountsByBlocks(counts, 3000), expected);         // Several, common words with a counter for each word.
    EXPECT_EQ(CountsByBlocks(counts, 100'000'000), expected);  // All.
  }
}

TEST(ContextCountsTest, BlocksKeepToTheirBudgetAndCoverEveryRowOnce) {
  const TemporaryFolder folder;
  const auto tokens = Tokens(folder, ZipfText(400, 60));
  const ContextCounts counts(*tokens, {.reach = 3});
  const auto blocks = counts.Blocks(3000);
  EXPECT_GT(blocks.size(), 3);
  uint64_t next = 0;
  for (const auto& block : blocks) {
    EXPECT_EQ(block.first, next);
    EXPECT_GT(block.end, block.first);
    next = block.end;
  }
  EXPECT_EQ(next, tokens->words());
}

TEST(ContextCountsTest, WeightsAreTheSumsOfTheRows) {
  const TemporaryFolder folder;
  const auto tokens = Tokens(folder, ZipfText(200, 30));
  const ContextCounts counts(*tokens, {.reach = 4, .weigh_distance = true});
  std::vector<uint64_t> sums(tokens->words());
  for (const auto& [pair, count] : CountsByBlocks(counts, 1000)) sums[pair.first] += count;
  EXPECT_EQ(sums, std::vector<uint64_t>(counts.weights().begin(), counts.weights().end()));
}

TEST(PmiMatrixTest, EntriesAreTheDefinitionsPositiveOnes) {
  const TemporaryFolder folder;
  const auto tokens = Tokens(folder, ZipfText(300, 40));
  const ContextWindow window{.reach = 2};
  const ContextCounts counts(*tokens, window);
  const PmiOptions options{.context_power = 0.75, .shift = 1.5, .counter_bytes = 2000, .threads = 3};
  const SparseMatrix matrix = ComputePmiMatrix(counts, options, IgnoreProgress).value();

  std::map<uint64_t, double> of_word;
  double smoothed_total = 0;
  const Counts pairs = CountsByDefinition(*tokens, window);
  for (const auto& [pair, count] : pairs) of_word[pair.first] += count;
  for (const auto& [word, count] : of_word) smoothed_total += std::pow(count, 0.75);
  std::map<std::pair<uint64_t, uint64_t>, double> expected;
  for (const auto& [pair, count] : pairs) {
    const double context = std::pow(of_word[pair.second], 0.75) / smoothed_total;
    const double pmi = std::log(count / (of_word[pair.first] * context)) - std::log(1.5);
    if (pmi > 1e-9) expected[pair] = pmi;
  }
  ASSERT_EQ(matrix.entries(), expected.size());
  for (const SparseRows& block : matrix.blocks) {
    uint64_t entry = 0;
    for (uint64_t row = 0; row < block.ends.size(); ++row) {
      for (; entry < block.ends[row]; ++entry) {
        const auto found = expected.find({block.first_row + row, block.columns[entry]});
        ASSERT_NE(found, expected.end());
        EXPECT_NEAR(block.values[entry], found->second, 1e-5);
      }
    }
  }
}

TEST(PmiMatrixTest, AMatrixThatIsTooLargeIsRefusedWithTheFieldsToChange) {
  const TemporaryFolder folder;
  const auto tokens = Tokens(folder, ZipfText(100, 40));
  const ContextCounts counts(*tokens, {.reach = 2});
  const auto matrix = ComputePmiMatrix(counts, {.max_entries = 10}, IgnoreProgress);
  EXPECT_EQ(matrix.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(matrix.status().message()), HasSubstr("objective.cooccurrence.max_entries"));
}

// A sparse matrix [rows, columns], about one entry in five, in blocks of seven rows.
SparseMatrix RandomSparse(uint64_t rows, uint64_t columns) {
  std::mt19937 random(9);
  std::normal_distribution<float> normal;
  SparseMatrix matrix{.rows = rows, .columns = columns};
  for (uint64_t row = 0; row < rows; ++row) {
    if (row % 7 == 0) matrix.blocks.push_back({.first_row = row});
    SparseRows& block = matrix.blocks.back();
    for (uint32_t column = 0; column < columns; ++column) {
      if (random() % 5 != 0) continue;
      block.columns.push_back(column);
      block.values.push_back(normal(random));
    }
    block.ends.push_back(block.values.size());
  }
  return matrix;
}

Eigen::MatrixXf Dense(const SparseMatrix& matrix) {
  Eigen::MatrixXf dense = Eigen::MatrixXf::Zero(matrix.rows, matrix.columns);
  for (const SparseRows& block : matrix.blocks) {
    uint64_t entry = 0;
    for (uint64_t row = 0; row < block.ends.size(); ++row) {
      for (; entry < block.ends[row]; ++entry) dense(block.first_row + row, block.columns[entry]) = block.values[entry];
    }
  }
  return dense;
}

// All of them, falling: the roots of the eigenvalues of its Gram matrix.
Eigen::VectorXf SingularValues(const Eigen::MatrixXf& dense) {
  const Eigen::MatrixXd gram = dense.transpose().cast<double>() * dense.cast<double>();
  return EigenOfSymmetric(gram).values.cwiseMax(0).cwiseSqrt().cast<float>();
}

TEST(SparseMatrixTest, ProductsEqualTheDenseOnesWhateverTheNumberOfThreads) {
  const SparseMatrix matrix = RandomSparse(40, 23);
  const DenseMatrix right = DenseMatrix::Random(23, 5), left = DenseMatrix::Random(40, 5);
  for (const uint32_t threads : {1u, 2u, 7u}) {
    EXPECT_TRUE(matrix.Times(right, threads)->isApprox(Dense(matrix) * right, 1e-5f));
    EXPECT_TRUE(matrix.TransposedTimes(left, threads)->isApprox(Dense(matrix).transpose() * left, 1e-5f));
    EXPECT_EQ(*matrix.TransposedTimes(left, threads), *matrix.TransposedTimes(left, 1));
  }
}

TEST(TruncatedSvdTest, ALowRankMatrixIsRecoveredExactly) {
  // Rank 3: every row is one of three patterns, scaled.
  SparseMatrix matrix{.rows = 60, .columns = 30};
  matrix.blocks.emplace_back();
  for (uint32_t row = 0; row < 60; ++row) {
    for (uint32_t column = row % 3; column < 30; column += 3) {
      matrix.blocks[0].columns.push_back(column);
      matrix.blocks[0].values.push_back(static_cast<float>((1 + row % 5) * (1 + column % 4)));
    }
    matrix.blocks[0].ends.push_back(matrix.blocks[0].values.size());
  }
  const TruncatedSvd svd = ComputeTruncatedSvd(matrix, {.rank = 3}, IgnoreProgress).value();
  const Eigen::MatrixXf dense = Dense(matrix);
  EXPECT_TRUE(svd.singular_values.isApprox(SingularValues(dense).head(3), 1e-4f));
  EXPECT_TRUE((svd.left * svd.left.transpose() * dense).isApprox(dense, 1e-4f));
}

TEST(TruncatedSvdTest, PowerIterationsBringSingularValuesOfARandomMatrixNearTheExactOnes) {
  const SparseMatrix matrix = RandomSparse(300, 200);
  const Eigen::VectorXf exact = SingularValues(Dense(matrix));
  const TruncatedSvd svd =
      ComputeTruncatedSvd(matrix, {.rank = 20, .power_iterations = 12, .threads = 2}, IgnoreProgress).value();
  // The last ones of a flat spectrum converge slowest.
  for (int i = 0; i < 10; ++i) EXPECT_NEAR(svd.singular_values[i] / exact[i], 1, 0.02) << i;
  for (int i = 10; i < 20; ++i) EXPECT_NEAR(svd.singular_values[i] / exact[i], 1, 0.05) << i;
  EXPECT_TRUE((svd.left.transpose() * svd.left).isApprox(Eigen::MatrixXf::Identity(20, 20), 1e-4f));
}

TEST(TruncatedSvdTest, MoreSingularValuesThanThereAreAreRefused) {
  const auto svd = ComputeTruncatedSvd(RandomSparse(10, 8), {.rank = 9}, IgnoreProgress);
  EXPECT_THAT(std::string(svd.status().message()), HasSubstr("8 singular values, 9 are asked for"));
}

// Two topics that share no word but "and": words of one topic are each other's contexts.
job::Job TwoTopics(const TemporaryFolder& folder, uint32_t dim) {
  std::mt19937 random(3);
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    const char* const topic = i % 2 == 0 ? "sea" : "sky";
    for (int w = 0; w < 8; ++w) text += Cat(topic, random() % 10, " ", w % 4 == 0 ? "and " : "");
    text += "\n";
  }
  job::Job job;
  job.mutable_data()->mutable_corpus()->add_path(folder.Write("topics.txt", text));
  job.mutable_objective()->mutable_cooccurrence()->set_dim(dim);
  job.mutable_progress()->set_quiet(true);
  return job;
}

TEST(TrainCooccurrenceTest, WordsOfOneTopicEndUpTogetherInAFolderLikeThatOfAnyTraining) {
  const TemporaryFolder folder;
  ASSERT_TRUE(TrainCooccurrence(TwoTopics(folder, 4), folder.Path("out"), &Clock::Real()).ok());
  const auto vectors = WordVectors::Load(folder.Path("out"));
  ASSERT_TRUE(vectors.ok()) << vectors.status();
  EXPECT_EQ(vectors->words(), 21);
  EXPECT_EQ(vectors->dim(), 4);
  const auto cosine = [&](std::string_view a, std::string_view b) {
    return Cosine(vectors->row(*vectors->Find(a)), vectors->row(*vectors->Find(b)));
  };
  EXPECT_GT(cosine("sea1", "sea7"), 0.8);
  EXPECT_LT(cosine("sea1", "sky1"), 0.2);
  EXPECT_THAT(*ReadFile(folder.Path("out/result.json")), HasSubstr("\"status\":\"done\""));
  EXPECT_THAT(*ReadFile(folder.Path("out/result.json")), HasSubstr("/vocabulary.txt\"]"));
  const auto vocabulary = Vocabulary::Read(folder.Path("out/vocabulary.txt"), {});
  ASSERT_TRUE(vocabulary.ok()) << vocabulary.status();
  ASSERT_EQ(vocabulary->size(), 21);
  for (uint32_t id = 0; id < vocabulary->size(); ++id) EXPECT_EQ(vocabulary->word(id), vectors->word(id));
  EXPECT_THAT(*ReadFile(folder.Path("out/job.textproto")), HasSubstr("cooccurrence"));
  EXPECT_THAT(*ReadFile(folder.Path("out/log.jsonl")), HasSubstr("{\"event\":\"done\""));
}

TEST(TrainCooccurrenceTest, TheNumberOfThreadsDoesNotChangeABit) {
  const TemporaryFolder folder;
  job::Job job = TwoTopics(folder, 6);
  job.mutable_data()->mutable_corpus()->set_threads(1);
  ASSERT_TRUE(TrainCooccurrence(job, folder.Path("one"), &Clock::Real()).ok());
  job.mutable_data()->mutable_corpus()->set_threads(3);
  ASSERT_TRUE(TrainCooccurrence(job, folder.Path("three"), &Clock::Real()).ok());
  EXPECT_EQ(*ReadFile(folder.Path("one/vectors.bin")), *ReadFile(folder.Path("three/vectors.bin")));
}

TEST(TrainCooccurrenceTest, MoreDimensionsThanWordsAreRefusedAndTheResultSaysWhy) {
  const TemporaryFolder folder;
  const absl::Status status = TrainCooccurrence(TwoTopics(folder, 22), folder.Path("out"), &Clock::Real());
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("objective.cooccurrence.dim is 22, more than the vocabulary's 21"));
  EXPECT_THAT(*ReadFile(folder.Path("out/result.json")), HasSubstr("\"status\":\"failed\",\"reason\":\"objective."));
}

}  // namespace
}  // namespace shoal
