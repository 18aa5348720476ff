// The two twins of ModelOptimizer against each other: on the spans' memory, and by operators on tensors that lie apart,
// on the CPU and where there is one on a GPU.

#include "worker/models/model_optimizer.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <tuple>
#include <vector>

#include <ATen/ops/from_blob.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/models/made_learner.h"
#include "worker/models/gpus.h"
#include "worker/models/model_tensors.h"

namespace shoal {
namespace {

using ::testing::ElementsAreArray;

constexpr double kRate = 0.05;

struct Case {
  const char* name;
  OptimizerSettings settings;
};

void PrintTo(const Case& of, std::ostream* out) { *out << of.name; }

std::vector<Case> Cases() {
  return {{"sgd", {.weight_decay = 0.1}},
          {"nesterov", {.nesterov = true, .weight_decay = 0.1}},
          {"adamw", {.kind = OptimizerKind::kAdamW, .weight_decay = 0.1}},
          {"lars", {.kind = OptimizerKind::kLars, .weight_decay = 0.1, .trust_coefficient = 0.02}},
          {"clipped", {.weight_decay = 0, .clip_norm = 0.5}}};
}

std::vector<TensorPlace> PlacesApart() {
  std::vector<TensorPlace> places = {{at::kCPU, /*apart=*/true}};
  if (Gpus() > 0) places.push_back({at::Device(at::kCUDA, 0), /*apart=*/true});
  return places;
}

// Two weights and a bias, the second weight all 0.
struct Model {
  Model(const OptimizerSettings& settings, const TensorPlace& place) {
    tensors.AddParameter("first", {5, 7}, {Initialisation::Kind::kNormal, 1}, /*decays=*/true);
    tensors.AddParameter("bias", {7}, {Initialisation::Kind::kUniform, 1}, /*decays=*/false);
    tensors.AddParameter("second", {3, 2}, {Initialisation::Kind::kConstant, 0}, /*decays=*/true);
    tensors.Allocate(/*seed=*/1, /*learns=*/true, place);
    optimizer = ModelOptimizer::Create(settings, &tensors);
  }

  double Step(std::vector<float> gradients, double scale = 1) {
    tensors.Send();
    tensors.gradient_row().copy_(at::from_blob(gradients.data(), {static_cast<int64_t>(gradients.size())}, at::kFloat));
    return optimizer->Step(scale, kRate);
  }
  double RandomStep(uint64_t key, double scale = 1) {
    return Step(RandomFloats(tensors.parameter_count(), key), scale);
  }
  std::vector<float> Parameters() const {
    const std::span<const float> floats = tensors.parameter_floats();
    return {floats.begin(), floats.end()};
  }
  std::vector<float> State() const {
    std::vector<float> state(optimizer->StateFloats());
    optimizer->SaveState(state);
    return state;
  }

  ModelTensors tensors;
  std::unique_ptr<ModelOptimizer> optimizer;
};

void ExpectNear(const std::vector<float>& values, const std::vector<float>& expected) {
  ASSERT_EQ(values.size(), expected.size());
  for (size_t i = 0; i < values.size(); ++i) EXPECT_NEAR(values[i], expected[i], 2e-6 * (1 + std::abs(expected[i])));
}

class ModelOptimizerTest : public ::testing::TestWithParam<std::tuple<Case, TensorPlace>> {
 protected:
  const OptimizerSettings& settings() const { return std::get<Case>(GetParam()).settings; }
  std::unique_ptr<Model> InSpans() const { return std::make_unique<Model>(settings(), TensorPlace()); }
  std::unique_ptr<Model> Apart() const {
    return std::make_unique<Model>(settings(), std::get<TensorPlace>(GetParam()));
  }
};

INSTANTIATE_TEST_SUITE_P(Cases, ModelOptimizerTest,
                         ::testing::Combine(::testing::ValuesIn(Cases()), ::testing::ValuesIn(PlacesApart())));

TEST_P(ModelOptimizerTest, BothTwinsTakeTheSameSteps) {
  const auto in_spans = InSpans(), apart = Apart();
  const std::vector<float> first = in_spans->Parameters();
  for (uint64_t step = 0; step < 20; ++step) {
    const double scale = step % 2 == 0 ? 1 : 0.5;
    const double norm = in_spans->RandomStep(step, scale);
    EXPECT_NEAR(apart->RandomStep(step, scale), norm, 1e-6 * norm);
    ExpectNear(apart->Parameters(), in_spans->Parameters());
  }
  EXPECT_NE(in_spans->Parameters(), first);
}

TEST_P(ModelOptimizerTest, AStateOfEitherGoesOnInTheOther) {
  const auto in_spans = InSpans(), apart = Apart();
  in_spans->RandomStep(1);
  apart->RandomStep(1);
  ExpectNear(apart->State(), in_spans->State());
  const auto taken_over = Apart();
  taken_over->optimizer->LoadState(in_spans->State());
  std::ranges::copy(in_spans->Parameters(), taken_over->tensors.parameter_floats().begin());
  in_spans->RandomStep(2);
  taken_over->RandomStep(2);
  ExpectNear(taken_over->Parameters(), in_spans->Parameters());
  ExpectNear(taken_over->State(), in_spans->State());
}

TEST_P(ModelOptimizerTest, AGradientThatIsNotFiniteChangesNothing) {
  for (const bool in_spans : {true, false}) {
    const auto model = in_spans ? InSpans() : Apart();
    model->RandomStep(1);
    const std::vector<float> parameters = model->Parameters(), state = model->State();
    std::vector<float> gradients(parameters.size(), 1);
    gradients.back() = std::numeric_limits<float>::infinity();
    EXPECT_FALSE(std::isfinite(model->Step(gradients)));
    EXPECT_THAT(model->Parameters(), ElementsAreArray(parameters));
    EXPECT_THAT(model->State(), ElementsAreArray(state));
  }
}

}  // namespace
}  // namespace shoal
