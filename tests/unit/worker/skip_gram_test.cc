// The skip-gram objective on tables in memory: exact losses, learning rate, access modes, export.

#include "worker/objectives/skip_gram.h"
#include "common/text.h"

#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/files.h"
#include "common/job/tables.h"
#include "data/prepare.h"
#include "data/word_vectors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/worker/memory_tables.h"
#include "worker/objectives/softmax_windows.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

constexpr uint32_t kDim = 20;
constexpr uint64_t kSentences = 60, kSentenceWords = 50;

// Sixty sentences of fifty words out of forty, a few of them frequent.
std::string Text() {
  std::string text;
  CounterRandom random(5);
  for (uint64_t s = 0; s < kSentences; ++s) {
    for (uint64_t w = 0; w < kSentenceWords; ++w) {
      text += Cat("w", random.NextBelow(1 + random.NextBelow(40)), w + 1 < kSentenceWords ? " " : "\n");
    }
  }
  return text;
}

class SkipGramTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = Cat(::testing::TempDir(), "skip_gram_test.", ::getpid());
    std::filesystem::create_directories(folder_);
    ASSERT_TRUE(WriteFileAtomically(folder_ + "/text.txt", Text()).ok());
    job::Corpus corpus;
    corpus.add_path(folder_ + "/text.txt");
    corpus.set_min_count(1);
    const auto prepared = PrepareCorpus(corpus, folder_ + "/cache", [](double, std::string_view) {});
    ASSERT_TRUE(prepared.ok()) << prepared.status();
    token_file_ = prepared->path;
    tokens_ = TokenFile::Open(token_file_).value().release();
  }
  static void TearDownTestSuite() {
    delete tokens_;
    std::filesystem::remove_all(folder_);
  }

  SkipGramTest() {
    welcome_.set_data_file(token_file_);
    job::SkipGram& settings = *welcome_.mutable_job()->mutable_objective()->mutable_skip_gram();
    settings.set_dim(kDim);
    settings.set_subsample(0);
    welcome_.mutable_job()->mutable_parameter_server()->set_batch_words(200);
  }

  job::SkipGram& settings() { return *welcome_.mutable_job()->mutable_objective()->mutable_skip_gram(); }

  // Makes tables and objective as the settings say.
  void Start(bool mapped) {
    welcome_.clear_table();
    for (const wire::TableSpec& table : TablesOf(welcome_.job(), tokens_->words())) *welcome_.add_table() = table;
    tables_ = std::make_unique<MemoryTables>(welcome_, mapped);
    auto objective = SkipGram::Create({.welcome = welcome_, .client = *tables_});
    ASSERT_TRUE(objective.ok()) << objective.status();
    objective_ = std::move(*objective);
  }

  // The unit of all sentences in `epoch` of `epochs`.
  static wire::Lease WholeLease(uint32_t epoch = 0, uint32_t epochs = 1) {
    wire::Lease lease;
    lease.set_epoch(epoch);
    lease.set_end(tokens_->sentences());
    lease.set_words_before(epoch * tokens_->tokens());
    lease.set_words_total(epochs * tokens_->tokens());
    return lease;
  }

  std::vector<StepReport> Train(const wire::Lease& lease) {
    EXPECT_TRUE(objective_->Begin(lease).ok());
    std::vector<StepReport> reports;
    while (reports.empty() || !reports.back().unit_done) {
      const auto report = objective_->Step();
      EXPECT_TRUE(report.ok()) << report.status();
      if (!report.ok()) break;
      reports.push_back(*report);
    }
    return reports;
  }

  static double MeanLoss(const std::vector<StepReport>& reports) {
    double sum = 0, pairs = 0;
    for (const StepReport& report : reports) sum += report.loss_sum, pairs += report.loss_pairs;
    return sum / pairs;
  }

  static std::string folder_, token_file_;
  static const TokenFile* tokens_;
  wire::Welcome welcome_;
  std::unique_ptr<MemoryTables> tables_;
  std::unique_ptr<Objective> objective_;
};

std::string SkipGramTest::folder_, SkipGramTest::token_file_;
const TokenFile* SkipGramTest::tokens_ = nullptr;

TEST_F(SkipGramTest, DataThatIsNotWhatTheCoordinatorPreparedIsRefused) {
  welcome_.set_data_fingerprint(tokens_->fingerprint());
  Start(/*mapped=*/true);
  welcome_.set_data_fingerprint(tokens_->fingerprint() + 1);
  const auto refused = SkipGram::Create({.welcome = welcome_, .client = *tables_});
  EXPECT_TRUE(absl::IsFailedPrecondition(refused.status())) << refused.status();
  EXPECT_NE(refused.status().message().find("is not what the coordinator prepared"), std::string::npos);
}

TEST_F(SkipGramTest, AZeroOutputTableCostsLogTwoForEachPairAndNegative) {
  // A rate that leaves the tables as they are keeps the identity true over the whole unit.
  settings().set_learning_rate(1e-30);
  settings().set_final_learning_rate(1e-30);
  for (const uint32_t centres : {1, 4}) {
    for (const uint32_t negatives : {1, 5, 20}) {
      settings().set_negatives(negatives);
      settings().mutable_block()->set_centres(centres);
      Start(/*mapped=*/true);
      EXPECT_NEAR(MeanLoss(Train(WholeLease())), (negatives + 1) * std::log(2), 1e-4) << centres << "x" << negatives;
    }
  }
}

TEST_F(SkipGramTest, AZeroOutputTableCostsLogOfTheVocabularyUnderTheFullSoftmax) {
  settings().set_loss(job::SkipGram::FULL_SOFTMAX);
  settings().set_learning_rate(1e-30);
  settings().set_final_learning_rate(1e-30);
  Start(/*mapped=*/true);
  EXPECT_NEAR(MeanLoss(Train(WholeLease())), std::log(tokens_->words()), 1e-5);
}

// With logits of zero, noise-contrastive estimation takes a word for noise with the odds k p(word) to 1.
TEST_F(SkipGramTest, AZeroOutputTableCostsTheNoisesOddsUnderNoiseContrastiveEstimation) {
  settings().set_loss(job::SkipGram::NCE);
  settings().set_negatives(5);
  settings().set_learning_rate(1e-30);
  settings().set_final_learning_rate(1e-30);
  Start(/*mapped=*/true);
  SkipGramSampler sampler(settings(), tokens_->counts(), welcome_.job().seed());
  double expected = 0, total = 0;
  for (uint64_t id = 0; id < tokens_->words(); ++id) {
    const double odds = 5 * sampler.noise().probability(id);
    expected += tokens_->count(id) * std::log1p(odds) + tokens_->tokens() * odds * std::log1p(1 / odds);
    total += tokens_->count(id);
  }
  // Windows are sampled, and negatives avoid their centre.
  EXPECT_NEAR(MeanLoss(Train(WholeLease())), expected / total, 0.1 * expected / total);
}

TEST_F(SkipGramTest, EveryLossFallsUnderEveryKindOfOptimizer) {
  for (const auto loss : {job::SkipGram::NEGATIVE_SAMPLING, job::SkipGram::NCE, job::SkipGram::FULL_SOFTMAX}) {
    for (const auto optimizer : {job::RowOptimizer::SGD, job::RowOptimizer::ADAGRAD,
                                 job::RowOptimizer::ROW_WISE_ADAGRAD, job::RowOptimizer::LAZY_ADAM}) {
      settings().set_loss(loss);
      settings().mutable_optimizer()->set_kind(optimizer);
      Start(/*mapped=*/true);
      const double first = MeanLoss(Train(WholeLease(0, 20)));
      double last = first;
      for (uint32_t epoch = 1; epoch < 20; ++epoch) last = MeanLoss(Train(WholeLease(epoch, 20)));
      EXPECT_LT(last, first - 0.005) << loss << ", " << optimizer;
    }
  }
}

TEST_F(SkipGramTest, TheLearningRateFallsLinearlyOverThePlan) {
  settings().set_learning_rate(0.5);
  settings().set_final_learning_rate(0.1);
  settings().mutable_optimizer()->set_kind(job::RowOptimizer::ADAGRAD);  // Batches of 200 words, four sentences.
  Start(/*mapped=*/true);
  uint64_t passed = 0;
  for (uint32_t epoch = 0; epoch < 2; ++epoch) {
    for (const StepReport& report : Train(WholeLease(epoch, 2))) {
      EXPECT_NEAR(report.learning_rate, 0.5 - 0.4 * passed / (2.0 * tokens_->tokens()), 1e-6);
      passed += report.work;
    }
  }
  EXPECT_EQ(passed, 2 * tokens_->tokens());
}

// With plain SGD a window's own rate counts, that of its piece's place.
TEST_F(SkipGramTest, EachPieceOfABatchIsTrainedAtTheRateOfItsPlace) {
  settings().set_learning_rate(0.5);
  settings().set_final_learning_rate(0);
  Start(/*mapped=*/true);
  ASSERT_EQ(Train(WholeLease()).size(), 1);  // Sixty pieces.
  const std::vector<float> together = tables_->memory(0).rows();
  Start(/*mapped=*/true);
  for (uint64_t sentence = 0; sentence < kSentences; ++sentence) {
    wire::Lease lease = WholeLease();
    lease.set_begin(sentence);
    lease.set_end(sentence + 1);
    lease.set_words_before(tokens_->tokens_before(sentence));
    Train(lease);
  }
  EXPECT_EQ(tables_->memory(0).rows(), together);
  wire::Lease at_the_end = WholeLease();
  at_the_end.set_words_before(tokens_->tokens());
  Train(at_the_end);
  EXPECT_EQ(tables_->memory(0).rows(), together) << "the last rate is 0";

  // A plan so long that the rate stands still in its middle.
  Start(/*mapped=*/true);
  wire::Lease middle = WholeLease();
  middle.set_words_before(uint64_t{1} << 40);
  middle.set_words_total(uint64_t{1} << 41);
  Train(middle);
  const std::vector<float> halfway = tables_->memory(0).rows();
  settings().set_learning_rate(0.25);
  settings().set_final_learning_rate(0.25);
  Start(/*mapped=*/true);
  Train(WholeLease());
  EXPECT_EQ(tables_->memory(0).rows(), halfway);
}

TEST_F(SkipGramTest, ALargeBatchIsTrainedInStepsOfAFewMilliseconds) {
  settings().set_dim(256);
  settings().set_window(64);
  settings().set_negatives(64);
  Start(/*mapped=*/true);
  const std::vector<StepReport> reports = Train(WholeLease());
  EXPECT_GT(reports.size(), 20);
  EXPECT_EQ(reports.front().work, 0);
  EXPECT_EQ(reports.back().work, tokens_->tokens());

  settings().set_dim(kDim);
  settings().set_loss(job::SkipGram::FULL_SOFTMAX);
  Start(/*mapped=*/true);
  EXPECT_GT(Train(WholeLease()).size(), 1);
}

TEST_F(SkipGramTest, ALeaseOfNoSentencesTakesOneStep) {
  for (const bool mapped : {false, true}) {
    Start(mapped);
    wire::Lease lease = WholeLease();
    lease.set_end(0);
    EXPECT_EQ(Train(lease).size(), 1);
  }
}

TEST_F(SkipGramTest, EveryUnitTellsALoss) {
  Start(/*mapped=*/true);
  for (uint64_t sentence = 0; sentence < kSentences; ++sentence) {
    wire::Lease lease = WholeLease();
    lease.set_begin(sentence);
    lease.set_end(sentence + 1);
    EXPECT_GT(Train(lease).front().loss_pairs, 0) << sentence;
  }
}

TEST_F(SkipGramTest, WideWindowsOverASmallVocabularyDoNotDiverge) {
  settings().set_window(64);
  settings().set_learning_rate(0.1);
  const std::pair<job::SkipGram::Loss, double> untrained[] = {
      {job::SkipGram::NEGATIVE_SAMPLING, 6 * std::log(2)}, {job::SkipGram::FULL_SOFTMAX, std::log(tokens_->words())}};
  for (const auto& [loss, cost] : untrained) {
    settings().set_loss(loss);
    Start(/*mapped=*/true);
    double last = 0;
    for (uint32_t epoch = 0; epoch < 5; ++epoch) last = MeanLoss(Train(WholeLease(epoch, 5)));
    EXPECT_LT(last, 0.95 * cost) << loss;
  }
}

// Rows of the forty words, and a plan of one piece on them.
struct PlanOnRows {
  explicit PlanOnRows(const job::SkipGram& settings, const TokenFile& tokens) : memory(2 * 40 * kFloats) {
    CounterRandom random(3);
    for (float& value : memory) value = random.NextFloat() - 0.5f;
    SkipGramSampler sampler(settings, tokens.counts(), /*seed=*/1);
    sampler.BeginEpoch(0);
    sampler.Sample(tokens.sentence(0), 0, kSentenceWords, 0, 0, 0.1f, &plan);
    for (const uint32_t id : plan.inputs) inputs.push_back(&memory[id * kFloats]);
    for (const uint32_t id : plan.outputs) outputs.push_back(&memory[(40 + id) * kFloats]);
  }
  // Calls of TrainWindows, each of so much work.
  int Train(TrainingWork work) {
    SkipGramRows rows{.inputs = inputs.data(), .outputs = outputs.data()};
    rows.row_floats = kFloats;
    int calls = 0;
    for (size_t next = 0; next < plan.windows.size(); ++calls) {
      const MeasuredLoss measured = TrainWindows(plan, SkipGramKernel(kFloats), rows, {}, work, &next);
      loss += measured.sum;
    }
    return calls;
  }

  static constexpr uint32_t kFloats = 16;
  std::vector<float> memory;
  SkipGramPlan plan;
  std::vector<float*> inputs, outputs;
  double loss = 0;
};

TEST_F(SkipGramTest, APlanThatIsTrainedInPartsGivesTheSameRows) {
  for (const uint32_t window : {5, 64}) {
    settings().set_window(window);
    PlanOnRows whole(settings(), *tokens_), parts(settings(), *tokens_);
    EXPECT_EQ(whole.Train(kAllWork), 1);
    EXPECT_EQ(parts.Train(1), kSentenceWords);
    EXPECT_EQ(parts.memory, whole.memory);
    EXPECT_EQ(parts.loss, whole.loss);
  }
}

TEST_F(SkipGramTest, ReportsSumUpToTheUnit) {
  Start(/*mapped=*/false);
  uint64_t words = 0, pairs = 0;
  for (const StepReport& report : Train(WholeLease())) {
    words += report.work;
    pairs += report.pairs;
  }
  EXPECT_EQ(words, tokens_->tokens());
  // A reach of 3 on average, and shorter windows at the ends of sentences.
  EXPECT_NEAR(pairs, 6.0 * words, 0.1 * 6 * words);
}

TEST_F(SkipGramTest, CopiedRowsWithoutPrefetchTrainAsMappedOnesDo) {
  welcome_.mutable_job()->mutable_parameter_server()->set_prefetch(false);
  for (const auto kind : {job::RowOptimizer::SGD, job::RowOptimizer::ADAGRAD}) {
    settings().mutable_optimizer()->set_kind(kind);
    Start(/*mapped=*/true);
    Train(WholeLease());
    const std::vector<float> mapped = tables_->memory(0).rows(), mapped_output = tables_->memory(1).rows();
    Start(/*mapped=*/false);
    Train(WholeLease());
    EXPECT_THAT(tables_->memory(0).rows(), ::testing::Pointwise(::testing::FloatNear(1e-5f), mapped));
    EXPECT_THAT(tables_->memory(1).rows(), ::testing::Pointwise(::testing::FloatNear(1e-5f), mapped_output));
  }
}

TEST_F(SkipGramTest, PrefetchKeepsTwoBatchesOpenAndLeavesNoneAtTheEndOfAUnit) {
  Start(/*mapped=*/false);
  Train(WholeLease());
  EXPECT_EQ(tables_->memory(0).most_open, 2);
  EXPECT_EQ(tables_->memory(0).open, 0);
  EXPECT_EQ(tables_->memory(1).open, 0);
}

TEST_F(SkipGramTest, MappedRowsAreNotPrefetched) {
  Start(/*mapped=*/true);
  Train(WholeLease());
  EXPECT_EQ(tables_->memory(0).most_open, 1);
}

TEST_F(SkipGramTest, LongSentencesAreCutAtTheLimit) {
  settings().set_sentence_limit(10);
  settings().set_window(64);
  Start(/*mapped=*/false);
  uint64_t pairs = 0, words = 0;
  for (const StepReport& report : Train(WholeLease())) pairs += report.pairs, words += report.work;
  EXPECT_EQ(words, tokens_->tokens());
  EXPECT_LE(pairs, 9 * words);
}

TEST_F(SkipGramTest, PaddingOfRowsStaysZero) {
  Start(/*mapped=*/true);
  Train(WholeLease());
  const RowLayout& layout = tables_->table(0).layout();
  for (uint64_t id = 0; id < tokens_->words(); ++id) {
    for (uint32_t d = kDim; d < layout.padded_dim; ++d) {
      ASSERT_EQ(tables_->memory(0).row(id)[d], 0);
      ASSERT_EQ(tables_->memory(1).row(id)[d], 0);
    }
  }
}

TEST_F(SkipGramTest, ALeaseBeyondTheFileIsRefused) {
  Start(/*mapped=*/true);
  wire::Lease lease = WholeLease();
  lease.set_end(kSentences + 1);
  EXPECT_THAT(std::string(objective_->Begin(lease).message()), HasSubstr("has 60"));
}

TEST_F(SkipGramTest, TablesOfAnotherVocabularyAreRefused) {
  Start(/*mapped=*/true);
  welcome_.mutable_table(0)->set_rows(7);
  const auto objective = SkipGram::Create({.welcome = welcome_, .client = *tables_});
  EXPECT_THAT(std::string(objective.status().message()), HasSubstr("table \"input\" has 7 rows"));
}

TEST_F(SkipGramTest, TheRegistryMakesIt) {
  Start(/*mapped=*/true);
  EXPECT_TRUE(MakeObjective({.welcome = welcome_, .client = *tables_}).ok());
  welcome_.mutable_job()->mutable_objective()->clear_skip_gram();
  EXPECT_THAT(std::string(MakeObjective({.welcome = welcome_, .client = *tables_}).status().message()),
              HasSubstr("skip_gram"));
}

TEST_F(SkipGramTest, TheInputRowsAreExportedWithTheirWords) {
  Start(/*mapped=*/true);
  Train(WholeLease());
  const auto files = objective_->Export(folder_);
  ASSERT_TRUE(files.ok()) << files.status();
  ASSERT_THAT(*files, ::testing::ElementsAre(folder_ + "/vectors.bin"));
  const auto vectors = WordVectors::Load(files->front());
  ASSERT_TRUE(vectors.ok()) << vectors.status();
  ASSERT_EQ(vectors->words(), tokens_->words());
  for (uint64_t id = 0; id < tokens_->words(); ++id) {
    EXPECT_EQ(vectors->word(id), tokens_->word(id));
    for (uint32_t d = 0; d < kDim; ++d) ASSERT_EQ(vectors->row(id)[d], tables_->memory(0).row(id)[d]);
  }
}

// The full softmax's loss and gradient on a few rows, by differences of its float64 formula.
TEST(SoftmaxWindowsTest, TheGradientEqualsFiniteDifferencesOfTheLoss) {
  constexpr int kWords = 70, kFloats = 16, kContexts = 3;  // More words than go through the kernel at a time.
  std::vector<float> x(kContexts * kFloats), o(kWords * kFloats), dx(x.size()), d_o(o.size());
  CounterRandom random(11);
  for (float& value : x) value = random.NextFloat() - 0.5f;
  for (float& value : o) value = random.NextFloat() - 0.5f;
  std::vector<float*> inputs, outputs, input_gradients, output_gradients;
  for (int i = 0; i < kContexts; ++i) inputs.push_back(&x[i * kFloats]), input_gradients.push_back(&dx[i * kFloats]);
  for (int i = 0; i < kWords; ++i) outputs.push_back(&o[i * kFloats]), output_gradients.push_back(&d_o[i * kFloats]);
  SkipGramPlan plan;
  plan.inputs = {4, 66, 9};
  plan.windows.push_back({.first_context = 0, .centre = 1, .span = 3, .centres = 1, .outputs = 1});

  const auto loss = [&](const std::vector<float>& x, const std::vector<float>& o) {
    double total = 0;
    for (const int a : {0, 2}) {
      double sum = 0, centre = 0;
      for (int v = 0; v < kWords; ++v) {
        double logit = 0;
        for (int d = 0; d < kFloats; ++d) logit += double{x[a * kFloats + d]} * o[v * kFloats + d];
        sum += std::exp(logit);
        if (v == 66) centre = logit;
      }
      total += std::log(sum) - centre;
    }
    return total;
  };
  const SkipGramKernel kernel(kFloats);
  SkipGramRows rows{.inputs = inputs.data(), .outputs = outputs.data()};
  rows.input_gradients = input_gradients.data();
  rows.output_gradients = output_gradients.data();
  rows.row_floats = kFloats;
  SoftmaxWindows windows(kernel, kWords);
  windows.Begin(plan, rows);
  MeasuredLoss measured;
  EXPECT_FALSE(windows.Train(kAllWork, &measured));
  EXPECT_EQ(measured.pairs, 2);
  EXPECT_NEAR(measured.sum, loss(x, o), 1e-5);

  constexpr float kStep = 1.0f / 256;
  for (const int i : {0, 5, 2 * kFloats + 3}) {
    std::vector<float> up = x, down = x;
    up[i] += kStep, down[i] -= kStep;
    EXPECT_NEAR(dx[i], (loss(up, o) - loss(down, o)) / (2 * kStep), 1e-5) << i;
  }
  for (const int i : {3, 66 * kFloats + 2, 69 * kFloats}) {
    std::vector<float> up = o, down = o;
    up[i] += kStep, down[i] -= kStep;
    EXPECT_NEAR(d_o[i], (loss(x, up) - loss(x, down)) / (2 * kStep), 1e-5) << i;
  }

  // In place, the step is the gradient times the rate, at the rows as they were.
  const std::vector<float> x_before = x, o_before = o;
  rows.input_gradients = rows.output_gradients = nullptr;
  plan.windows[0].learning_rate = 0.5f;
  // Left after each part and gone on with.
  windows.Begin(plan, rows);
  int parts = 0;
  while (windows.Train(1, &measured)) ++parts;
  EXPECT_EQ(parts, 2 * 2 + 2) << "two blocks of words, forth and back, and two contexts";
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], x_before[i] - 0.5f * dx[i], 1e-6) << i;
  for (size_t i = 0; i < o.size(); ++i) EXPECT_NEAR(o[i], o_before[i] - 0.5f * d_o[i], 1e-6) << i;
}

}  // namespace
}  // namespace shoal
