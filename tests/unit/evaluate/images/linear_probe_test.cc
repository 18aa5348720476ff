#include "evaluate/images/linear_probe.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "common/random.h"
#include "evaluate/images/lbfgs.h"
#include "evaluate/images/softmax_loss.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

// A class moves each number by another amount.
Features Shifted(uint64_t key, uint64_t pictures, uint32_t dim, int32_t classes, double shift) {
  Features features{.dim = dim};
  CounterRandom random(key);
  for (uint64_t i = 0; i < pictures; ++i) {
    const int32_t label = static_cast<int32_t>(i % classes);
    for (uint32_t k = 0; k < dim; ++k) {
      const double moved = shift * std::sin(1.0 + label * 2.3 + k * 1.7);
      features.rows.push_back(static_cast<float>(100 * (k + 1) + (k + 1) * (random.NextDouble() + moved)));
    }
    features.labels.push_back(label);
  }
  return features;
}

// 60 pictures of 4 numbers in 3 classes, which tests/parity/probe_golden.py makes too.
Features Golden() {
  Features features{.dim = 4};
  for (uint32_t i = 0; i < 60; ++i) {
    for (uint32_t k = 0; k < 4; ++k) {
      const uint32_t mixed = (i * 4 + k + 1) * 2654435761u;
      const uint32_t lifted = (i % 3 == k) ? 1 : 0;
      features.rows.push_back(static_cast<float>(mixed >> 16) / 65536 + 0.25f * lifted);
    }
    features.labels.push_back(static_cast<int32_t>(i % 3));
  }
  return features;
}

std::vector<uint64_t> All(const Features& features) {
  std::vector<uint64_t> rows(features.size());
  std::iota(rows.begin(), rows.end(), 0);
  return rows;
}

TEST(SoftmaxLossTest, WithoutWeightsItIsTheLogarithmOfTheClasses) {
  const Features features = Shifted(1, 500, 7, 5, 1);
  const Standardisation standardisation = Standardisation::Of(features);
  const SoftmaxLoss loss(features, features.labels, standardisation, All(features), 5, 1);
  std::vector<double> parameters(loss.parameters()), gradient(loss.parameters());
  EXPECT_NEAR(loss.Evaluate(parameters, 1, gradient).value(), std::log(5), 1e-12);
}

TEST(SoftmaxLossTest, TheGradientIsTheSlopeOfTheValue) {
  const Features features = Shifted(1, 300, 5, 3, 1);
  const Standardisation standardisation = Standardisation::Of(features);
  const SoftmaxLoss loss(features, features.labels, standardisation, All(features), 3, 1);
  std::vector<double> parameters(loss.parameters()), gradient(loss.parameters()), unused(loss.parameters());
  CounterRandom random(2);
  for (double& x : parameters) x = random.NextDouble() - 0.5;
  ASSERT_TRUE(loss.Evaluate(parameters, 0.3, gradient).ok());
  for (size_t i = 0; i < parameters.size(); ++i) {
    constexpr double kStep = 1e-3;
    std::vector<double> up = parameters, down = parameters;
    up[i] += kStep;
    down[i] -= kStep;
    const double slope =
        (loss.Evaluate(up, 0.3, unused).value() - loss.Evaluate(down, 0.3, unused).value()) / (2 * kStep);
    EXPECT_NEAR(gradient[i], slope, 2e-5) << i;
  }
}

TEST(SoftmaxLossTest, TheNumberOfThreadsDoesNotChangeABit) {
  const Features features = Shifted(1, 1003, 33, 4, 1);
  const Standardisation standardisation = Standardisation::Of(features);
  const SoftmaxLoss one(features, features.labels, standardisation, All(features), 4, 1);
  const SoftmaxLoss three(features, features.labels, standardisation, All(features), 4, 3);
  std::vector<double> parameters(one.parameters(), 0.1), gradient(one.parameters()), other(one.parameters());
  EXPECT_EQ(one.Evaluate(parameters, 0.1, gradient).value(), three.Evaluate(parameters, 0.1, other).value());
  EXPECT_EQ(gradient, other);
}

TEST(StandardisationTest, AConstantFeatureCountsForNothing) {
  const Features features{.dim = 2, .rows = {3, 1, /**/ 3, 5}, .labels = {0, 1}};
  const Standardisation standardisation = Standardisation::Of(features);
  EXPECT_THAT(standardisation.mean, ::testing::ElementsAre(3, 3));
  EXPECT_THAT(standardisation.inverse_deviation, ::testing::ElementsAre(0, 0.5));
}

// The numbers are scikit-learn's, by tests/parity/probe_golden.py.
TEST(SoftmaxLossTest, TheMinimumIsScikitLearns) {
  const Features features = Golden();
  const Standardisation standardisation = Standardisation::Of(features);
  const SoftmaxLoss loss(features, features.labels, standardisation, All(features), 3, 1);
  constexpr double kC = 0.5;
  std::vector<double> parameters(loss.parameters());
  const auto fit = MinimiseByLbfgs(
      [&](std::span<const double> x, std::span<double> gradient) { return loss.Evaluate(x, 1 / (kC * 60), gradient); },
      {.gradient_tolerance = 1e-7}, &parameters);
  ASSERT_TRUE(fit.ok()) << fit.status();
  const double weights[] = {0.4154704,  -0.2733383, -0.4383557, -0.2410718, -0.0715241, 0.5955524,
                            -0.0002987, 0.0183354,  -0.3439463, -0.3222141, 0.4386544,  0.2227364};
  EXPECT_NEAR(fit->value, 0.909705268, 1e-6);
  for (size_t i = 0; i < 12; ++i) EXPECT_NEAR(parameters[i], weights[i], 2e-5) << i;
}

TEST(LinearProbeTest, WhatALineTellsApartIsTold) {
  const auto result = LinearProbe(Shifted(1, 2000, 8, 6, 1.5), Shifted(2, 600, 8, 6, 1.5), {.threads = 2});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_GT(result->accuracy, 0.97);
  EXPECT_TRUE(result->converged);
}

TEST(LinearProbeTest, FeaturesThatTellNothingAreAtChanceAndRegularisedStrongly) {
  const auto result = LinearProbe(Shifted(1, 1000, 300, 10, 0), Shifted(2, 2000, 300, 10, 0), {.threads = 2});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR(result->accuracy, 0.1, 0.03);
  EXPECT_LT(result->c, 1);
}

TEST(LinearProbeTest, AGivenStrengthIsTaken) {
  const auto result = LinearProbe(Shifted(1, 200, 8, 6, 1), Shifted(2, 60, 8, 6, 1), {.c = 0.25});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->c, 0.25);
}

TEST(LinearProbeTest, TheChosenStrengthIsNearlyAsGoodAsTheBestOfMany) {
  const Features train = Shifted(1, 400, 40, 4, 0.15), test = Shifted(2, 2000, 40, 4, 0.15);
  double best = 0, worst = 1;
  for (const double c : {1e-5, 1e-3, 1e-2, 1e-1, 1.0, 100.0}) {
    const double accuracy = LinearProbe(train, test, {.c = c}).value().accuracy;
    best = std::max(best, accuracy);
    worst = std::min(worst, accuracy);
  }
  const double chosen = LinearProbe(train, test, {}).value().accuracy;
  EXPECT_GT(best, worst + 0.03);
  EXPECT_GT(chosen, best - 0.01) << "of " << worst << " to " << best;
}

TEST(LinearProbeTest, LabelsWithGapsAreLabelsToo) {
  Features train = Shifted(1, 300, 8, 3, 1.5), test = Shifted(2, 90, 8, 3, 1.5);
  for (Features* features : {&train, &test}) {
    for (int32_t& label : features->labels) label = 40 * label + 2;
  }
  const auto result = LinearProbe(train, test, {});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_GT(result->accuracy, 0.97);
  EXPECT_TRUE(result->converged);
}

TEST(LinearProbeTest, SetsThatDoNotFitAreRefused) {
  const Features four = Shifted(1, 20, 4, 2, 1), five = Shifted(1, 20, 5, 2, 1), one = Shifted(1, 20, 4, 1, 1);
  EXPECT_THAT(std::string(LinearProbe(four, five, {}).status().message()), HasSubstr("features of 4 and of 5 numbers"));
  EXPECT_THAT(std::string(LinearProbe(one, four, {}).status().message()), HasSubstr("are of one class"));
  EXPECT_THAT(std::string(LinearProbe({.dim = 4}, four, {}).status().message()), HasSubstr("0 pictures to learn from"));
}

// Pictures of the golden set that scikit-learn's fit tells right, by tests/parity/probe_golden.py.
TEST(LinearProbeTest, TheStrengthThatIsGivenIsTheFitsStrength) {
  const Features features = Golden();
  EXPECT_DOUBLE_EQ(LinearProbe(features, features, {.c = 0.5}).value().accuracy, 31 / 60.0);
  EXPECT_DOUBLE_EQ(LinearProbe(features, features, {.c = 1e-3}).value().accuracy, 22 / 60.0);
}

TEST(LinearProbeTest, StrengthsOutOfRangeAreRefusedAndTheLeastConverges) {
  const Features features = Golden();
  for (const double c : {1e-30, 9e-11, 2e10, -1.0, std::nan("")}) {
    EXPECT_THAT(std::string(LinearProbe(features, features, {.c = c}).status().message()),
                HasSubstr("not in 1e-10..1e+10"));
  }
  const auto least = LinearProbe(features, features, {.c = LinearProbeOptions::kLeastC});
  ASSERT_TRUE(least.ok()) << least.status();
  EXPECT_TRUE(least->converged);
}

TEST(LinearProbeTest, AFitThatTakesTooMuchMemoryIsRefusedBeforeItTakesAny) {
  const absl::Status status = CheckProbeMemory(100000, 3072, {.threads = 2});
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("100,000 classes on 3,072 numbers of a picture takes "));
  EXPECT_TRUE(CheckProbeMemory(1000, 3072, {.threads = 64}).ok());
  EXPECT_EQ(LinearProbe(Golden(), Golden(), {.max_bytes = 1000}).status().code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace shoal
