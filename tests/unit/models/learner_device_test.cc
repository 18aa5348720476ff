// What a learner computes on a GPU: on one where there is one, and everywhere by the same operators and copies on the
// CPU.

#include <algorithm>
#include <cmath>
#include <tuple>
#include <vector>

#include "common/random.h"
#include "gmock/gmock.h"
#include "tests/unit/models/made_learner.h"
#include "tests/unit/models/thread_group.h"
#include "worker/augment/augmenter.h"
#include "worker/models/contrastive_learner.h"
#include "worker/models/gpus.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

constexpr int64_t kSize = 16, kDim = 8, kBatch = 16;

LearnerSettings Settings(ContrastiveMethod method, Device device) {
  LearnerSettings settings;
  settings.method = method;
  settings.image_size = kSize;
  settings.encoder.embedding_dim = kDim;
  settings.bank_rows = 100;
  settings.normaliser_batches = 2;
  settings.device = device;
  return settings;
}

struct Case {
  ContrastiveMethod method;
  BatchNormKind batch_norm = BatchNormKind::kLocal;
  int accumulation_steps = 1;
  bool shuffles = false;
};

void PrintTo(const Case& of, std::ostream* out) {
  *out << "method " << static_cast<int>(of.method) << ", batch norm " << static_cast<int>(of.batch_norm) << ", "
       << of.accumulation_steps << " parts" << (of.shuffles ? ", shuffled" : "");
}

// Steps of `learner`, one of so many workers, on pictures of these keys; returns their losses.
std::vector<double> Steps(ContrastiveLearner& learner, const Case& of, std::vector<uint64_t> keys,
                          uint32_t workers = 1) {
  const ContrastiveMethod method = of.method;
  // Each picture's second view is at the other end of all workers'.
  std::vector<uint32_t> key_places(of.shuffles ? workers * kBatch : 0);
  for (size_t i = 0; i < key_places.size(); ++i) key_places[i] = static_cast<uint32_t>(key_places.size() - 1 - i);
  std::vector<double> losses;
  std::vector<float> rows = RandomFloats(32 * kDim, keys[0] + 200);
  const std::vector<int64_t> changed = {3, 9, 31};
  for (const uint64_t key : keys) {
    const std::vector<float> first = RandomFloats(kBatch * kSize * kSize * 3, key),
                             second = RandomFloats(first.size(), key + 100);
    const std::vector<float> positives = RandomFloats(kBatch * kDim, key + 300);
    const std::vector<int64_t> places = {0, 5, 2, 9, 30, 31, 7, 1, 3, 4, 6, 8, 10, 29, 28, 11};
    StepInput input{.first_views = first, .key_places = key_places, .learning_rate = 0.05};
    if (method == ContrastiveMethod::kSimClr || method == ContrastiveMethod::kMoco) input.second_views = second;
    if (method != ContrastiveMethod::kSimClr) input.candidates = rows;
    if (!losses.empty() && method != ContrastiveMethod::kSimClr) {
      for (const int64_t row : changed) std::ranges::copy(RandomFloats(kDim, key + row), rows.begin() + row * kDim);
      input.changed_candidates = changed;
    }
    if (method == ContrastiveMethod::kInstanceSoftmax) input.places = places;
    if (method == ContrastiveMethod::kInstanceNce) input.positives = positives;
    const auto result = learner.Step(input);
    EXPECT_TRUE(result.ok()) << result.status();
    losses.push_back(result.ok() ? result->loss : NAN);
  }
  return losses;
}

double Furthest(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  double furthest = 0;
  for (size_t i = 0; i < std::min(a.size(), b.size()); ++i)
    furthest = std::max<double>(furthest, std::abs(a[i] - b[i]));
  return furthest;
}

void ExpectAlike(ContrastiveLearner& a, ContrastiveLearner& b) {
  // Three steps after random pictures have made the most of what the two round differently.
  EXPECT_LT(Furthest(a.QueryParameters(), b.QueryParameters()), 1e-3);
  EXPECT_LT(Furthest(a.RunningStatistics(), b.RunningStatistics()), 1e-4);
  EXPECT_LT(Furthest(a.KeyRunningStatistics(), b.KeyRunningStatistics()), 1e-4);
}

std::vector<Device> DevicesByOperators() {
  std::vector<Device> devices = {Device::kCpuLikeCuda};
  if (Gpus() > 0) devices.push_back(Device::kCuda);
  return devices;
}

class LearnerDeviceTest : public ::testing::TestWithParam<std::tuple<Case, Device>> {
 protected:
  Case of() const { return std::get<Case>(GetParam()); }
  Device device() const { return std::get<Device>(GetParam()); }
  LearnerSettings SettingsOn(Device device) const {
    LearnerSettings settings = Settings(of().method, device);
    settings.encoder.batch_norm = of().batch_norm;
    settings.encoder.batch_norm_parts = of().batch_norm == BatchNormKind::kSplit ? 2 : 1;
    settings.encoder.head = HeadKind::kSimClrMlp;
    settings.accumulation_steps = of().accumulation_steps;
    return settings;
  }
};

INSTANTIATE_TEST_SUITE_P(
    Cases, LearnerDeviceTest,
    ::testing::Combine(::testing::Values(Case{ContrastiveMethod::kSimClr, BatchNormKind::kLocal},
                                         Case{ContrastiveMethod::kSimClr, BatchNormKind::kSynchronised},
                                         Case{ContrastiveMethod::kMoco, BatchNormKind::kSplit},
                                         Case{ContrastiveMethod::kMoco, BatchNormKind::kSynchronised},
                                         Case{ContrastiveMethod::kInstanceSoftmax, BatchNormKind::kLocal},
                                         Case{ContrastiveMethod::kInstanceNce, BatchNormKind::kLocal},
                                         Case{ContrastiveMethod::kMoco, BatchNormKind::kLocal, 2, true},
                                         Case{ContrastiveMethod::kMoco, BatchNormKind::kSplit, 2},
                                         Case{ContrastiveMethod::kInstanceNce, BatchNormKind::kSynchronised, 2}),
                       ::testing::ValuesIn(DevicesByOperators())));

TEST_P(LearnerDeviceTest, ByTheOperatorsOfAGpuStepsAreThoseOfTheCpusKernels) {
  const auto by_kernels = MakeLearner(SettingsOn(Device::kCpu)), by_operators = MakeLearner(SettingsOn(device()));
  const std::vector<double> expected = Steps(*by_kernels, of(), {1, 2, 3});
  const std::vector<double> losses = Steps(*by_operators, of(), {1, 2, 3});
  for (size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(losses[i], expected[i], 1e-4) << i;
  ExpectAlike(*by_kernels, *by_operators);
  const std::vector<float> pictures = RandomFloats(4 * kSize * kSize * 3, 9);
  std::vector<float> features(4 * by_kernels->features()), others(features.size());
  ASSERT_TRUE(by_kernels->Features(pictures, features).ok());
  ASSERT_TRUE(by_operators->Features(pictures, others).ok());
  EXPECT_LT(Furthest(features, others), 1e-3);
}

TEST_P(LearnerDeviceTest, TwoWorkersStepAsTheyDoByTheCpusKernels) {
  if (device() == Device::kCuda) GTEST_SKIP() << "threads exchange what lies on the host";
  std::vector<std::unique_ptr<ContrastiveLearner>> learners(2);
  for (const Device device : {Device::kCpu, this->device()}) {
    ThreadGroup workers(2);
    workers.Run([&](const WorkerGroup& group) {
      auto learner = MakeLearner(SettingsOn(device), group);
      Steps(*learner, of(), {1u + group.rank, 3u + group.rank}, 2);
      if (group.rank == 0) learners[device == Device::kCpu ? 0 : 1] = std::move(learner);
    });
  }
  ExpectAlike(*learners[0], *learners[1]);
}

TEST_P(LearnerDeviceTest, AStateOfEitherDeviceGoesOnOnTheOther) {
  const auto first = MakeLearner(SettingsOn(device()));
  Steps(*first, of(), {1, 2});
  std::vector<float> state(first->StateFloats());
  ASSERT_TRUE(first->SaveState(state).ok());
  const auto second = MakeLearner(SettingsOn(Device::kCpu));
  ASSERT_TRUE(second->LoadState(state).ok());
  Steps(*first, of(), {3});
  Steps(*second, of(), {3});
  ExpectAlike(*first, *second);
}

TEST_P(LearnerDeviceTest, InBfloat16StepsAreTheSameRoundedMore) {
  const auto exact = MakeLearner(SettingsOn(device()));
  LearnerSettings settings = SettingsOn(device());
  settings.precision = Precision::kBfloat16;
  const auto rounded = MakeLearner(settings);
  const std::vector<double> expected = Steps(*exact, of(), {1, 2, 3}), losses = Steps(*rounded, of(), {1, 2, 3});
  // What is rounded moves the parameters, and those the next loss.
  EXPECT_NEAR(losses[0], expected[0], 0.02 * expected[0]);
  for (size_t i = 1; i < losses.size(); ++i) EXPECT_NEAR(losses[i], expected[i], 0.15 * expected[i]) << i;
  EXPECT_NE(losses, expected);
}

// Everything of a step but its pictures.
struct Rows {
  explicit Rows(ContrastiveMethod method) {
    input.learning_rate = 0.05;
    if (method != ContrastiveMethod::kSimClr) input.candidates = rows;
    if (method == ContrastiveMethod::kInstanceSoftmax) input.places = places;
    if (method == ContrastiveMethod::kInstanceNce) input.positives = positives;
  }

  const std::vector<float> rows = RandomFloats(32 * kDim, 1), positives = RandomFloats(kBatch * kDim, 2);
  const std::vector<int64_t> places = std::vector<int64_t>(kBatch, 3);
  StepInput input;
};

TEST_P(LearnerDeviceTest, PicturesOfAllThreeFormsAreTheSameViewsToTheBit) {
  LearnerSettings settings = SettingsOn(device());
  settings.augmentation = RecipeSettings(AugmentationRecipe::kSimClr, kSize);
  settings.augmentation.mean = {0.485f, 0.456f, 0.406f};
  settings.augmentation.std = {0.229f, 0.224f, 0.225f};
  const bool two = of().method == ContrastiveMethod::kSimClr || of().method == ContrastiveMethod::kMoco;
  const size_t count = two ? 2 * kBatch : kBatch;
  PictureBatch decoded;
  std::vector<uint8_t> pixels(20 * 18 * 3);
  CounterRandom random(7);
  for (int64_t i = 0; i < kBatch; ++i) {
    for (uint8_t& level : pixels) level = static_cast<uint8_t>(random.NextBelow(256));
    ASSERT_TRUE(decoded.Add({pixels.data(), 20, 18}).ok());
  }
  Augmenter augmenter(settings.augmentation);
  const size_t values = augmenter.view_floats();
  std::vector<BatchView> drawn;
  std::vector<float> floats(count * values);
  std::vector<uint8_t> levels(count * values);
  for (size_t i = 0; i < count; ++i) {
    const ImageView picture = decoded.picture(i % kBatch);
    drawn.push_back({i % kBatch, DrawView(settings.augmentation, 20, 18, {.image = i % kBatch, .view = i >= kBatch})});
    augmenter.Apply(picture, drawn.back().drawn, floats.data() + i * values);
    augmenter.Render(picture, drawn.back().drawn, levels.data() + i * values);
  }
  const Rows rows(of().method);
  std::vector<StepInput> inputs(3, rows.input);
  inputs[0].first_views = std::span(floats).first(kBatch * values);
  if (two) inputs[0].second_views = std::span(floats).last(kBatch * values);
  inputs[1].first_levels = std::span(levels).first(kBatch * values);
  if (two) inputs[1].second_levels = std::span(levels).last(kBatch * values);
  inputs[2].decoded = &decoded;
  inputs[2].first_drawn = std::span(drawn).first(kBatch);
  if (two) inputs[2].second_drawn = std::span(drawn).last(kBatch);
  std::vector<double> losses;
  for (const StepInput& input : inputs) {
    const auto result = MakeLearner(settings)->Step(input);
    ASSERT_TRUE(result.ok()) << result.status();
    losses.push_back(result->loss);
  }
  // On a GPU sums are not in the same order each time.
  const double roundings = device() == Device::kCuda ? 1e-5 : 0;
  EXPECT_NEAR(losses[1], losses[0], roundings);
  EXPECT_NEAR(losses[2], losses[0], roundings);
}

TEST(LearnerDevicesTest, PicturesInTwoFormsOrOfAnotherSizeAreRefused) {
  LearnerSettings settings = Settings(ContrastiveMethod::kInstanceSoftmax, Device::kCpuLikeCuda);
  settings.augmentation.size = kSize + 1;
  const auto learner = MakeLearner(settings);
  const std::vector<float> floats(kBatch * kSize * kSize * 3);
  const std::vector<uint8_t> levels(floats.size());
  const PictureBatch decoded;
  const std::vector<BatchView> drawn(kBatch);
  const Rows rows(settings.method);
  StepInput input = rows.input;
  input.first_levels = levels;
  input.first_views = floats;
  EXPECT_THAT(std::string(learner->Step(input).status().message()), HasSubstr("a step takes pictures in one form"));
  input.first_views = {};
  input.first_levels = input.first_levels.first(7);
  EXPECT_THAT(std::string(learner->Step(input).status().message()), HasSubstr("first_levels: 7 values are not"));
  input.first_levels = {};
  input.decoded = &decoded;
  input.first_drawn = drawn;
  EXPECT_THAT(std::string(learner->Step(input).status().message()),
              HasSubstr("decoded: the settings draw views of 17 pixels, and the encoder takes 16"));
}

TEST(LearnerDevicesTest, WhatTheOwnerSetsInASpanIsWhatTheNextStepComputesWith) {
  constexpr Case kMoco{ContrastiveMethod::kMoco};
  const auto other = MakeLearner(Settings(kMoco.method, Device::kCpu));
  std::vector<std::unique_ptr<ContrastiveLearner>> learners;
  for (const Device device : DevicesByOperators()) learners.push_back(MakeLearner(Settings(kMoco.method, device)));
  for (uint64_t step = 1; step <= 2; ++step) {
    const auto step_after_setting = [&](ContrastiveLearner& of) {
      std::ranges::copy(RandomFloats(of.KeyParameters().size(), step), of.KeyParameters().begin());
      for (float& value : of.RunningStatistics()) value += 0.5f;
      return Steps(of, kMoco, {step})[0];
    };
    const double expected = step_after_setting(*other);
    for (const auto& learner : learners) EXPECT_NEAR(step_after_setting(*learner), expected, 1e-4);
  }
  for (const auto& learner : learners) ExpectAlike(*learner, *other);
}

TEST(LearnerDevicesTest, ViewMemoryIsThereOfAnySize) {
  for (const Device device : DevicesByOperators()) {
    auto learner = MakeLearner(Settings(ContrastiveMethod::kSimClr, device));
    const auto memory = learner->ViewMemory(1 << 20);
    ASSERT_NE(memory, nullptr);
    learner.reset();
    memory[(1 << 20) - 1] = 1;
  }
}

TEST(LearnerDevicesTest, AGpuThatIsNotThereIsRefusedWithWhyAndTheCure) {
  LearnerSettings settings = Settings(ContrastiveMethod::kSimClr, Device::kCuda);
  settings.gpu = Gpus();
  const absl::Status status = ContrastiveLearner::Create(settings).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr("device is CUDA: "), HasSubstr("encoder.device CPU")));
}

}  // namespace
}  // namespace shoal
