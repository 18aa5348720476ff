// What a learner computes on a GPU, held by the same operators and copies on the CPU.

#include <algorithm>
#include <cmath>
#include <vector>

#include "common/random.h"
#include "gmock/gmock.h"
#include "tests/unit/models/made_learner.h"
#include "tests/unit/models/thread_group.h"
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

// Steps of `learner`, one of so many workers, on pictures of these keys; returns their losses.
std::vector<double> Steps(ContrastiveLearner& learner, const Case& of, std::vector<uint64_t> keys,
                          uint32_t workers = 1) {
  const ContrastiveMethod method = of.method;
  // Each picture's second view is at the other end of all workers'.
  std::vector<uint32_t> key_places(of.shuffles ? workers * kBatch : 0);
  for (size_t i = 0; i < key_places.size(); ++i) key_places[i] = static_cast<uint32_t>(key_places.size() - 1 - i);
  std::vector<double> losses;
  for (const uint64_t key : keys) {
    const std::vector<float> first = RandomFloats(kBatch * kSize * kSize * 3, key),
                             second = RandomFloats(first.size(), key + 100);
    const std::vector<float> rows = RandomFloats(32 * kDim, key + 200),
                             positives = RandomFloats(kBatch * kDim, key + 300);
    const std::vector<int64_t> places = {0, 5, 2, 9, 30, 31, 7, 1, 3, 4, 6, 8, 10, 29, 28, 11};
    StepInput input{.first_views = first, .key_places = key_places, .learning_rate = 0.05};
    if (method == ContrastiveMethod::kSimClr || method == ContrastiveMethod::kMoco) input.second_views = second;
    if (method != ContrastiveMethod::kSimClr) input.candidates = rows;
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

class LearnerDeviceTest : public ::testing::TestWithParam<Case> {
 protected:
  LearnerSettings SettingsOn(Device device) const {
    LearnerSettings settings = Settings(GetParam().method, device);
    settings.encoder.batch_norm = GetParam().batch_norm;
    settings.encoder.batch_norm_parts = GetParam().batch_norm == BatchNormKind::kSplit ? 2 : 1;
    settings.encoder.head = HeadKind::kSimClrMlp;
    settings.accumulation_steps = GetParam().accumulation_steps;
    return settings;
  }
};

INSTANTIATE_TEST_SUITE_P(Cases, LearnerDeviceTest,
                         ::testing::Values(Case{ContrastiveMethod::kSimClr, BatchNormKind::kLocal},
                                           Case{ContrastiveMethod::kSimClr, BatchNormKind::kSynchronised},
                                           Case{ContrastiveMethod::kMoco, BatchNormKind::kSplit},
                                           Case{ContrastiveMethod::kMoco, BatchNormKind::kSynchronised},
                                           Case{ContrastiveMethod::kInstanceSoftmax, BatchNormKind::kLocal},
                                           Case{ContrastiveMethod::kInstanceNce, BatchNormKind::kLocal},
                                           Case{ContrastiveMethod::kMoco, BatchNormKind::kLocal, 2, true},
                                           Case{ContrastiveMethod::kMoco, BatchNormKind::kSplit, 2},
                                           Case{ContrastiveMethod::kInstanceNce, BatchNormKind::kSynchronised, 2}));

TEST_P(LearnerDeviceTest, ByTheOperatorsOfAGpuStepsAreThoseOfTheCpusKernels) {
  const auto by_kernels = MakeLearner(SettingsOn(Device::kCpu)),
             by_operators = MakeLearner(SettingsOn(Device::kCpuLikeCuda));
  const std::vector<double> expected = Steps(*by_kernels, GetParam(), {1, 2, 3});
  const std::vector<double> losses = Steps(*by_operators, GetParam(), {1, 2, 3});
  for (size_t i = 0; i < losses.size(); ++i) EXPECT_NEAR(losses[i], expected[i], 1e-4) << i;
  ExpectAlike(*by_kernels, *by_operators);
  const std::vector<float> pictures = RandomFloats(4 * kSize * kSize * 3, 9);
  std::vector<float> features(4 * by_kernels->features()), others(features.size());
  ASSERT_TRUE(by_kernels->Features(pictures, features).ok());
  ASSERT_TRUE(by_operators->Features(pictures, others).ok());
  EXPECT_LT(Furthest(features, others), 1e-3);
}

TEST_P(LearnerDeviceTest, TwoWorkersStepAsTheyDoByTheCpusKernels) {
  std::vector<std::unique_ptr<ContrastiveLearner>> learners(2);
  for (const Device device : {Device::kCpu, Device::kCpuLikeCuda}) {
    ThreadGroup workers(2);
    workers.Run([&](const WorkerGroup& group) {
      auto learner = MakeLearner(SettingsOn(device), group);
      Steps(*learner, GetParam(), {1u + group.rank, 3u + group.rank}, 2);
      if (group.rank == 0) learners[device == Device::kCpu ? 0 : 1] = std::move(learner);
    });
  }
  ExpectAlike(*learners[0], *learners[1]);
}

TEST_P(LearnerDeviceTest, AStateOfEitherDeviceGoesOnOnTheOther) {
  const auto first = MakeLearner(SettingsOn(Device::kCpuLikeCuda));
  Steps(*first, GetParam(), {1, 2});
  std::vector<float> state(first->StateFloats());
  ASSERT_TRUE(first->SaveState(state).ok());
  const auto second = MakeLearner(SettingsOn(Device::kCpu));
  ASSERT_TRUE(second->LoadState(state).ok());
  Steps(*first, GetParam(), {3});
  Steps(*second, GetParam(), {3});
  ExpectAlike(*first, *second);
}

TEST(LearnerDevicesTest, WhatTheOwnerSetsInASpanIsWhatTheNextStepComputesWith) {
  constexpr Case kMoco{ContrastiveMethod::kMoco};
  const auto learner = MakeLearner(Settings(kMoco.method, Device::kCpuLikeCuda));
  const auto other = MakeLearner(Settings(kMoco.method, Device::kCpu));
  for (ContrastiveLearner* const of : {learner.get(), other.get()}) {
    std::ranges::copy(RandomFloats(of->KeyParameters().size(), 5), of->KeyParameters().begin());
    std::ranges::fill(of->RunningStatistics(), 0.5f);
  }
  EXPECT_NEAR(Steps(*learner, kMoco, {1})[0], Steps(*other, kMoco, {1})[0], 1e-4);
  ExpectAlike(*learner, *other);
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
