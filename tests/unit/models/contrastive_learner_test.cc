#include "worker/models/contrastive_learner.h"

#include <cmath>
#include <limits>
#include <mutex>
#include <vector>

#include "common/random.h"
#include "gmock/gmock.h"
#include "tests/unit/models/made_learner.h"
#include "tests/unit/models/thread_group.h"

namespace shoal {
namespace {

using ::testing::Each;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kSize = 16, kPictureFloats = 3 * kSize * kSize;
constexpr int64_t kDim = 8, kBatch = 8;

LearnerSettings Settings(ContrastiveMethod method) {
  LearnerSettings settings;
  settings.method = method;
  settings.image_size = kSize;
  settings.encoder.embedding_dim = kDim;
  settings.bank_rows = 100;
  settings.normaliser_batches = 2;
  return settings;
}

std::vector<float> UnitRows(size_t rows, uint64_t key) {
  std::vector<float> values = RandomFloats(rows * kDim, key);
  for (size_t row = 0; row < rows; ++row) {
    double square = 0;
    for (int64_t d = 0; d < kDim; ++d) square += values[row * kDim + d] * values[row * kDim + d];
    for (int64_t d = 0; d < kDim; ++d) values[row * kDim + d] /= static_cast<float>(std::sqrt(square));
  }
  return values;
}

double Dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i) sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

std::span<const float> Row(std::span<const float> rows, size_t row) { return rows.subspan(row * kDim, kDim); }

std::vector<float> Copy(std::span<const float> floats) { return {floats.begin(), floats.end()}; }

double Furthest(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  double furthest = 0;
  for (size_t i = 0; i < a.size(); ++i) furthest = std::max<double>(furthest, std::abs(a[i] - b[i]));
  return furthest;
}

// A step's input with its memory, as the method takes it.
struct Batch {
  explicit Batch(ContrastiveMethod method, uint64_t key = 1, size_t pictures = kBatch)
      : first(RandomFloats(pictures * kPictureFloats, key)),
        second(RandomFloats(pictures * kPictureFloats, key + 1000)) {
    input.first_views = first;
    input.learning_rate = 0.05;
    if (method == ContrastiveMethod::kSimClr || method == ContrastiveMethod::kMoco) input.second_views = second;
    if (method != ContrastiveMethod::kSimClr) input.candidates = candidates = UnitRows(32, key + 2000);
    if (method == ContrastiveMethod::kInstanceSoftmax) {
      for (size_t i = 0; i < pictures; ++i) rows.push_back(static_cast<int64_t>(3 * i));
      input.places = rows;
    }
    if (method == ContrastiveMethod::kInstanceNce) input.positives = positives = UnitRows(pictures, key + 3000);
  }
  Batch(const Batch&) = delete;

  std::vector<float> first, second, candidates, positives;
  std::vector<int64_t> rows;
  StepInput input;
};

StepResult StepOf(ContrastiveLearner& learner, const StepInput& input) {
  const auto result = learner.Step(input);
  EXPECT_TRUE(result.ok()) << result.status();
  return *result;
}

std::string StepError(ContrastiveLearner& learner, const StepInput& input) {
  const auto result = learner.Step(input);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(result.status().message());
}

class EachMethodTest : public ::testing::TestWithParam<ContrastiveMethod> {};

INSTANTIATE_TEST_SUITE_P(Methods, EachMethodTest,
                         ::testing::Values(ContrastiveMethod::kSimClr, ContrastiveMethod::kMoco,
                                           ContrastiveMethod::kInstanceSoftmax, ContrastiveMethod::kInstanceNce));

TEST_P(EachMethodTest, ALoadedStateGoesOnToTheBit) {
  for (const OptimizerKind optimizer : {OptimizerKind::kSgd, OptimizerKind::kAdamW, OptimizerKind::kLars}) {
    LearnerSettings settings = Settings(GetParam());
    settings.optimizer.kind = optimizer;
    const auto learner = MakeLearner(settings);
    StepOf(*learner, Batch(GetParam(), 1).input);
    std::vector<float> state(learner->StateFloats());
    ASSERT_TRUE(learner->SaveState(state).ok());
    settings.encoder.seed = 99;  // All of it comes from the state.
    const auto other = MakeLearner(settings);
    ASSERT_TRUE(other->LoadState(state).ok());
    EXPECT_EQ(other->steps(), 1);
    for (const uint64_t key : {2, 3}) {
      EXPECT_EQ(StepOf(*learner, Batch(GetParam(), key).input).loss, StepOf(*other, Batch(GetParam(), key).input).loss);
    }
    EXPECT_THAT(Copy(other->QueryParameters()), ElementsAreArray(learner->QueryParameters()));
    EXPECT_THAT(Copy(other->RunningStatistics()), ElementsAreArray(learner->RunningStatistics()));
  }
}

TEST_P(EachMethodTest, StepsOnTheSameBatchMakeItsLossFall) {
  const auto learner = MakeLearner(Settings(GetParam()));
  const Batch batch(GetParam());
  const double first = StepOf(*learner, batch.input).loss;
  double last = first;
  for (int i = 0; i < 15; ++i) last = StepOf(*learner, batch.input).loss;
  EXPECT_LT(last, first - 0.05);
}

TEST_P(EachMethodTest, EmbeddingsHaveLengthOne) {
  const auto learner = MakeLearner(Settings(GetParam()));
  const Batch batch(GetParam());
  const auto embeddings = StepOf(*learner, batch.input).embeddings;
  ASSERT_EQ(embeddings.size() % (kBatch * kDim), 0);
  ASSERT_GT(embeddings.size(), 0);
  for (size_t row = 0; row < embeddings.size() / kDim; ++row) {
    EXPECT_NEAR(Dot(Row(embeddings, row), Row(embeddings, row)), 1, 1e-5);
  }
}

TEST_P(EachMethodTest, TwoWorkersOfHalvesLearnAsOneOfTheWholeWhereBatchNormIsSynchronised) {
  LearnerSettings settings = Settings(GetParam());
  settings.encoder.batch_norm = BatchNormKind::kSynchronised;
  settings.bucket_bytes = 100000;
  const Batch batch(GetParam());
  const auto alone = MakeLearner(settings);
  const StepResult whole = StepOf(*alone, batch.input);
  ThreadGroup group(2);
  group.Run([&](const WorkerGroup& of) {
    const auto learner = MakeLearner(settings, of);
    const auto half = [&of](auto span) { return span.subspan(of.rank * span.size() / 2, span.size() / 2); };
    StepInput input = batch.input;
    input.first_views = half(input.first_views);
    input.second_views = half(input.second_views);
    input.places = half(input.places);
    input.positives = half(input.positives);
    const StepResult result = StepOf(*learner, input);
    static std::mutex mutex;
    const std::lock_guard lock(mutex);
    EXPECT_NEAR(result.gradient_norm, whole.gradient_norm, 2e-4 * whole.gradient_norm);
    EXPECT_LT(Furthest(learner->QueryParameters(), alone->QueryParameters()), 2e-5);
  });
  EXPECT_GT(group.buckets(), 1);
}

TEST_P(EachMethodTest, AStepInPartsIsTheWholesWhereStatisticsAreThoseOfTheParts) {
  LearnerSettings settings = Settings(GetParam());
  settings.encoder.batch_norm = BatchNormKind::kSplit;
  settings.encoder.batch_norm_parts = 4;
  settings.encoder.head = HeadKind::kMocoMlp;  // Two embeddings of a part, normalised, would be as far apart as can be.
  const auto whole = MakeLearner(settings);
  settings.accumulation_steps = 4;
  if (GetParam() == ContrastiveMethod::kSimClr) {
    EXPECT_THAT(std::string(ContrastiveLearner::Create(settings).status().message()),
                HasSubstr("accumulation_steps is 4, but SimCLR's negatives are the batch"));
    return;
  }
  const auto in_parts = MakeLearner(settings);
  for (const uint64_t key : {1, 2, 3, 4}) {
    const Batch batch(GetParam(), key);
    const StepResult expected = StepOf(*whole, batch.input), got = StepOf(*in_parts, batch.input);
    EXPECT_LT(Furthest(got.embeddings, expected.embeddings), 1e-5);
    EXPECT_NEAR(got.loss, expected.loss, 1e-5);
    EXPECT_NEAR(got.gradient_norm, expected.gradient_norm, 1e-5 * expected.gradient_norm);
    EXPECT_NEAR(got.positive_similarity, expected.positive_similarity, 1e-5);
    EXPECT_NEAR(got.spread, expected.spread, 1e-5);
  }
  EXPECT_LT(Furthest(in_parts->QueryParameters(), whole->QueryParameters()), 1e-5);
  EXPECT_LT(Furthest(in_parts->RunningStatistics(), whole->RunningStatistics()), 1e-5);
  EXPECT_LT(Furthest(in_parts->KeyRunningStatistics(), whole->KeyRunningStatistics()), 1e-5);
}

TEST_P(EachMethodTest, StepsOnSeveralThreadsAreThoseOnOneAndTheSameEachTime) {
  const auto trained = [&](int threads) {
    LearnerSettings settings = Settings(GetParam());
    settings.encoder.batch_norm = BatchNormKind::kSplit;
    settings.encoder.batch_norm_parts = 2;
    settings.threads = threads;  // Of the process, until the next learner is made.
    auto learner = MakeLearner(settings);
    for (const uint64_t key : {1, 2}) StepOf(*learner, Batch(GetParam(), key).input);
    return learner;
  };
  const auto once = trained(3), again = trained(3), alone = trained(1);
  EXPECT_LT(Furthest(once->QueryParameters(), alone->QueryParameters()), 1e-5);
  EXPECT_LT(Furthest(once->RunningStatistics(), alone->RunningStatistics()), 1e-5);
  EXPECT_THAT(Copy(once->QueryParameters()), Not(ElementsAreArray(alone->QueryParameters())));
  EXPECT_THAT(Copy(again->QueryParameters()), ElementsAreArray(once->QueryParameters()));
}

TEST_P(EachMethodTest, ABatchOfTheWrongSizeIsReportedWithBothSizes) {
  const auto learner = MakeLearner(Settings(GetParam()));
  const Batch batch(GetParam());
  StepInput input = batch.input;
  input.first_views = input.first_views.first(kPictureFloats + 1);
  EXPECT_THAT(StepError(*learner, input), HasSubstr("first_views: 769 values are not pictures of 16 x 16 x 3 = 768"));
  input = batch.input;
  input.second_views = input.first_views.first(kPictureFloats);
  EXPECT_THAT(StepError(*learner, input), HasSubstr("second_views: 768 values, expected "));
  input = batch.input;
  input.candidates = input.first_views.first(kDim + 1);
  EXPECT_THAT(StepError(*learner, input), HasSubstr("candidates: 9 floats, expected "));
  EXPECT_EQ(learner->steps(), 0);
}

TEST(ContrastiveLearnerTest, TheSameSeedGivesTheSameParametersAndAnotherGivesOthers) {
  LearnerSettings settings = Settings(ContrastiveMethod::kSimClr);
  const auto learner = MakeLearner(settings);
  EXPECT_THAT(Copy(MakeLearner(settings)->QueryParameters()), ElementsAreArray(learner->QueryParameters()));
  settings.encoder.seed = 2;
  EXPECT_THAT(Copy(MakeLearner(settings)->QueryParameters()), Not(ElementsAreArray(learner->QueryParameters())));
}

TEST(ContrastiveLearnerTest, ViewsApartInMemoryCountAsViewsSideBySide) {
  const Batch batch(ContrastiveMethod::kSimClr);
  std::vector<float> side_by_side = batch.first;
  side_by_side.insert(side_by_side.end(), batch.second.begin(), batch.second.end());
  StepInput input = batch.input;
  input.first_views = std::span<const float>(side_by_side).first(batch.first.size());
  input.second_views = std::span<const float>(side_by_side).last(batch.first.size());
  const auto settings = Settings(ContrastiveMethod::kSimClr);
  EXPECT_EQ(StepOf(*MakeLearner(settings), input).loss, StepOf(*MakeLearner(settings), batch.input).loss);
}

TEST(ContrastiveLearnerTest, FeaturesOfAPictureDependOnNoOtherAndChangeNothing) {
  const auto learner = MakeLearner(Settings(ContrastiveMethod::kSimClr));
  const Batch batch(ContrastiveMethod::kSimClr);
  StepOf(*learner, batch.input);
  const auto statistics = Copy(learner->RunningStatistics());
  std::vector<float> all(kBatch * learner->features()), one(learner->features());
  ASSERT_TRUE(learner->Features(batch.first, all).ok());
  ASSERT_TRUE(learner->Features(std::span<const float>(batch.first).last(kPictureFloats), one).ok());
  for (int64_t i = 0; i < learner->features(); ++i) EXPECT_NEAR(one[i], all[(kBatch - 1) * one.size() + i], 1e-5);
  EXPECT_THAT(Copy(learner->RunningStatistics()), ElementsAreArray(statistics));
  EXPECT_THAT(one, Not(Each(0.0f)));
}

// Queries equal keys where both encoders and both views are the same, so the loss can be told from the keys alone: with
// embeddings that are not of length 1, or keys that stand in the queue already, it would be another.
TEST(ContrastiveLearnerTest, MocosLossIsThatOfItsKeysAgainstTheQueue) {
  LearnerSettings settings = Settings(ContrastiveMethod::kMoco);
  settings.temperature = 0.2;
  const auto learner = MakeLearner(settings);
  Batch batch(ContrastiveMethod::kMoco);
  batch.input.second_views = batch.input.first_views;
  const StepResult result = StepOf(*learner, batch.input);
  double expected = 0;
  for (size_t row = 0; row < kBatch; ++row) {
    double sum = std::exp(1 / 0.2);
    for (size_t k = 0; k < batch.candidates.size() / kDim; ++k) {
      sum += std::exp(Dot(Row(result.embeddings, row), Row(batch.candidates, k)) / 0.2);
    }
    expected += (std::log(sum) - 1 / 0.2) / kBatch;
  }
  EXPECT_NEAR(result.loss, expected, 1e-5);
  EXPECT_NEAR(result.positive_similarity, 1, 1e-5);
}

TEST(ContrastiveLearnerTest, MocosKeyEncoderLearnsOnlyWhatItsOwnerGivesIt) {
  const auto learner = MakeLearner(Settings(ContrastiveMethod::kMoco));
  const Batch batch(ContrastiveMethod::kMoco);
  const auto keys = learner->KeyParameters();
  EXPECT_THAT(Copy(keys), ElementsAreArray(learner->QueryParameters()));
  const auto before = Copy(keys);
  const auto first = Copy(StepOf(*learner, batch.input).embeddings);
  EXPECT_THAT(Copy(keys), ElementsAreArray(before));
  EXPECT_THAT(Copy(learner->QueryParameters()), Not(ElementsAreArray(before)));
  EXPECT_LT(Furthest(StepOf(*learner, batch.input).embeddings, first), 1e-5);
  std::ranges::copy(learner->QueryParameters(), keys.begin());
  EXPECT_GT(Furthest(StepOf(*learner, batch.input).embeddings, first), 1e-3);
}

TEST(ContrastiveLearnerTest, MocosKeysAreThoseOfTheSecondViewsThenOfTheFirstWhereItIsSymmetric) {
  LearnerSettings settings = Settings(ContrastiveMethod::kMoco);
  settings.symmetric = true;
  // Each half has statistics of its own, as in a learner that is not symmetric.
  settings.encoder.batch_norm = BatchNormKind::kSplit;
  settings.encoder.batch_norm_parts = 2;
  const Batch batch(ContrastiveMethod::kMoco);
  const auto both = Copy(StepOf(*MakeLearner(settings), batch.input).embeddings);
  ASSERT_EQ(both.size(), 2 * kBatch * kDim);
  StepInput swapped = batch.input;
  std::swap(swapped.first_views, swapped.second_views);
  const auto plain = Settings(ContrastiveMethod::kMoco);
  const auto learner = MakeLearner(plain), other = MakeLearner(plain);
  const auto of_second = Copy(StepOf(*learner, batch.input).embeddings);
  const auto of_first = Copy(StepOf(*other, swapped).embeddings);
  EXPECT_LT(Furthest(std::span(both).first(of_second.size()), of_second), 1e-5);
  EXPECT_LT(Furthest(std::span(both).last(of_first.size()), of_first), 1e-5);
}

TEST(ContrastiveLearnerTest, ASymmetricStepInPartsHasEachPartsKeysInTheirPlaces) {
  LearnerSettings settings = Settings(ContrastiveMethod::kMoco);
  settings.symmetric = true;
  settings.encoder.batch_norm = BatchNormKind::kSplit;
  settings.encoder.batch_norm_parts = 8;  // Two for each part, one for each of its views.
  settings.encoder.head = HeadKind::kMocoMlp;
  const Batch batch(ContrastiveMethod::kMoco);
  const auto whole = MakeLearner(settings);
  settings.accumulation_steps = 4;
  const auto in_parts = MakeLearner(settings);
  const StepResult expected = StepOf(*whole, batch.input), got = StepOf(*in_parts, batch.input);
  EXPECT_LT(Furthest(got.embeddings, expected.embeddings), 1e-5);
  EXPECT_NEAR(got.loss, expected.loss, 1e-5);
  EXPECT_LT(Furthest(in_parts->QueryParameters(), whole->QueryParameters()), 1e-5);
}

TEST(ContrastiveLearnerTest, WorkersThatAccumulateSumTheirGradientsOnceAStep) {
  LearnerSettings settings = Settings(ContrastiveMethod::kMoco);
  settings.encoder.batch_norm = BatchNormKind::kSplit;
  settings.encoder.batch_norm_parts = 4;
  settings.bucket_bytes = 100000;
  const Batch batch(ContrastiveMethod::kMoco);
  const auto alone = MakeLearner(settings);
  StepOf(*alone, batch.input);
  const auto sums_with = [&](int accumulation_steps) {
    LearnerSettings of_two = settings;
    of_two.encoder.batch_norm_parts = 2;
    of_two.accumulation_steps = accumulation_steps;
    ThreadGroup group(2);
    group.Run([&](const WorkerGroup& of) {
      const auto learner = MakeLearner(of_two, of);
      StepInput input = batch.input;
      const size_t half = input.first_views.size() / 2;
      input.first_views = input.first_views.subspan(of.rank * half, half);
      input.second_views = input.second_views.subspan(of.rank * half, half);
      StepOf(*learner, input);
      static std::mutex mutex;
      const std::lock_guard lock(mutex);
      EXPECT_LT(Furthest(learner->QueryParameters(), alone->QueryParameters()), 1e-5);
    });
    return group.buckets();
  };
  EXPECT_EQ(sums_with(2), sums_with(1));
}

TEST(ContrastiveLearnerTest, FeaturesOfAnyNumberOfPicturesAreReadWhereStatisticsAreSplit) {
  LearnerSettings settings = Settings(ContrastiveMethod::kSimClr);
  settings.encoder.batch_norm = BatchNormKind::kSplit;
  settings.encoder.batch_norm_parts = 4;
  const auto learner = MakeLearner(settings);
  const Batch batch(ContrastiveMethod::kSimClr);
  StepOf(*learner, batch.input);
  std::vector<float> all(kBatch * learner->features()), seven((kBatch - 1) * learner->features());
  ASSERT_TRUE(learner->Features(batch.first, all).ok());
  const auto read = learner->Features(std::span<const float>(batch.first).first((kBatch - 1) * kPictureFloats), seven);
  ASSERT_TRUE(read.ok()) << read;
  EXPECT_LT(Furthest(seven, std::span(all).first(seven.size())), 1e-5);
}

TEST(ContrastiveLearnerTest, AnErrorOfTheGroupEndsTheStepAndLeavesTheParameters) {
  WorkerGroup group{.rank = 0, .size = 2};
  group.sum = [](std::span<float>) { return absl::OkStatus(); };
  group.gather = [](std::span<const float>, std::span<float> all) {
    std::ranges::fill(all, 0.5f);
    return absl::OkStatus();
  };
  group.begin_gradients = [](std::span<float>) { return absl::DeadlineExceededError("worker 1 did not answer"); };
  group.finish_gradients = [] { return absl::OkStatus(); };
  const auto learner = MakeLearner(Settings(ContrastiveMethod::kSimClr), group);
  const auto before = Copy(learner->QueryParameters());
  const Batch batch(ContrastiveMethod::kSimClr);
  for (int i = 0; i < 2; ++i) {
    const auto result = learner->Step(batch.input);
    EXPECT_EQ(result.status().code(), absl::StatusCode::kDeadlineExceeded);
    EXPECT_THAT(std::string(result.status().message()), HasSubstr("worker 1"));
  }
  EXPECT_THAT(Copy(learner->QueryParameters()), ElementsAreArray(before));
}

TEST(ContrastiveLearnerTest, AGroupThatCannotBeReachedIsRefused) {
  const auto error = [](const WorkerGroup& group) {
    return std::string(ContrastiveLearner::Create(Settings(ContrastiveMethod::kSimClr), group).status().message());
  };
  EXPECT_THAT(error({.rank = 0, .size = 2}), HasSubstr("2 workers need all four functions"));
  EXPECT_THAT(error({.rank = 1, .size = 1}), HasSubstr("rank 1 of 1 workers"));
}

TEST(ContrastiveLearnerTest, AGradientThatIsNotFiniteIsReportedAndLeavesTheParameters) {
  const auto learner = MakeLearner(Settings(ContrastiveMethod::kSimClr));
  const auto before = Copy(learner->QueryParameters());
  Batch batch(ContrastiveMethod::kSimClr);
  batch.first[7] = std::numeric_limits<float>::quiet_NaN();
  const auto result = learner->Step(batch.input);
  EXPECT_EQ(result.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(result.status().message()), HasSubstr("the gradient of step 0 is not finite"));
  EXPECT_THAT(Copy(learner->QueryParameters()), ElementsAreArray(before));
}

TEST(ContrastiveLearnerTest, BatchesThatDoNotDivideIntoPartsAreRefused) {
  LearnerSettings settings = Settings(ContrastiveMethod::kSimClr);
  settings.encoder.batch_norm = BatchNormKind::kSplit;
  settings.encoder.batch_norm_parts = 3;
  EXPECT_THAT(StepError(*MakeLearner(settings), Batch(ContrastiveMethod::kSimClr).input),
              HasSubstr("8 pictures do not divide into 3 parts of batch normalisation"));
}

TEST(ContrastiveLearnerTest, BatchesThatDoNotDivideIntoPartsOfAccumulationAreRefused) {
  LearnerSettings settings = Settings(ContrastiveMethod::kMoco);
  settings.accumulation_steps = 3;
  EXPECT_THAT(StepError(*MakeLearner(settings), Batch(ContrastiveMethod::kMoco).input),
              HasSubstr("8 pictures do not divide into 3 parts of accumulation"));
  settings.encoder.batch_norm = BatchNormKind::kSplit;
  settings.encoder.batch_norm_parts = 4;
  EXPECT_THAT(std::string(ContrastiveLearner::Create(settings).status().message()),
              HasSubstr("accumulation_steps is 3, which does not divide encoder.batch_norm_parts, 4"));
}

TEST(ContrastiveLearnerTest, SettingsThatCannotBeAreRefusedByName) {
  const auto error = [](void (*change)(LearnerSettings*)) {
    LearnerSettings settings = Settings(ContrastiveMethod::kInstanceNce);
    change(&settings);
    return std::string(ContrastiveLearner::Create(settings).status().message());
  };
  EXPECT_THAT(error([](LearnerSettings* s) { s->temperature = 0; }), HasSubstr("temperature is 0, not above 0"));
  EXPECT_THAT(error([](LearnerSettings* s) { s->optimizer.momentum = 1; }), HasSubstr("optimizer.momentum is 1"));
  EXPECT_THAT(error([](LearnerSettings* s) { s->image_size = 4; }), HasSubstr("image_size is 4, not in 8..1024"));
  EXPECT_THAT(error([](LearnerSettings* s) { s->bank_rows = 0; }), HasSubstr("bank_rows is 0"));
  EXPECT_THAT(error([](LearnerSettings* s) { s->symmetric = true; }), HasSubstr("symmetric"));
  EXPECT_THAT(error([](LearnerSettings* s) { s->encoder.batch_norm_parts = 2; }), HasSubstr("batch_norm_parts is 2"));
}

TEST(ContrastiveLearnerTest, AStateOfAnotherSizeIsRefusedAndNothingIsLoaded) {
  const auto learner = MakeLearner(Settings(ContrastiveMethod::kMoco));
  const auto before = Copy(learner->QueryParameters());
  std::vector<float> state(learner->StateFloats() + 1, 7);
  EXPECT_THAT(std::string(learner->LoadState(state).message()), HasSubstr("floats to load, expected"));
  EXPECT_THAT(std::string(learner->SaveState(state).message()), HasSubstr("floats to save into, expected"));
  EXPECT_THAT(Copy(learner->QueryParameters()), ElementsAreArray(before));
}

TEST(ContrastiveLearnerTest, Bfloat16IsTheSameTrainingRoundedMore) {
  LearnerSettings settings = Settings(ContrastiveMethod::kSimClr);
  const Batch batch(ContrastiveMethod::kSimClr);
  const StepResult exact = StepOf(*MakeLearner(settings), batch.input);
  settings.precision = Precision::kBfloat16;
  const StepResult rounded = StepOf(*MakeLearner(settings), batch.input);
  EXPECT_NE(rounded.loss, exact.loss);
  EXPECT_NEAR(rounded.loss, exact.loss, 0.03 * exact.loss);
  EXPECT_NEAR(rounded.gradient_norm, exact.gradient_norm, 0.1 * exact.gradient_norm);
}

}  // namespace
}  // namespace shoal
