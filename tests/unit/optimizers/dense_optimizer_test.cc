#include "worker/optimizers/dense_optimizer.h"

#include <cmath>
#include <limits>
#include <vector>

#include "common/random.h"
#include "gmock/gmock.h"

namespace shoal {
namespace {

using ::testing::ElementsAreArray;

// A layer's weights and its bias.
constexpr size_t kWeights = 24, kFloats = 30;
const std::vector<ParameterSegment> kSegments = {{0, kWeights, true}, {kWeights, kFloats - kWeights, false}};

std::vector<float> Random(uint64_t key) {
  std::vector<float> values(kFloats);
  CounterRandom random(key);
  for (float& value : values) value = 2 * random.NextFloat() - 1;
  return values;
}

double Norm(std::span<const double> values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

TEST(DenseOptimizerTest, LarsIsAlgorithmOneWithTheRatioForDecayedParametersOnly) {
  constexpr double kRate = 2, kMomentum = 0.9, kDecay = 0.01, kTrust = 0.02;
  std::vector<float> ours = Random(1);
  std::vector<double> expected(ours.begin(), ours.end()), velocity(kFloats);
  DenseOptimizer optimizer(
      {.kind = OptimizerKind::kLars, .momentum = kMomentum, .weight_decay = kDecay, .trust_coefficient = kTrust},
      kSegments);
  for (int step = 0; step < 20; ++step) {
    const std::vector<float> gradients = Random(100 + step);
    const std::vector<double> exact(gradients.begin(), gradients.end());
    for (const ParameterSegment& segment : kSegments) {
      const double weight = Norm(std::span(expected).subspan(segment.offset, segment.size));
      const double gradient = Norm(std::span(exact).subspan(segment.offset, segment.size));
      const double decay = segment.decays ? kDecay : 0;
      const double ratio = segment.decays ? kTrust * weight / (gradient + decay * weight) : 1;
      for (size_t i = segment.offset; i < segment.offset + segment.size; ++i) {
        velocity[i] = kMomentum * velocity[i] + kRate * ratio * (exact[i] + decay * expected[i]);
        expected[i] -= velocity[i];
      }
    }
    optimizer.Step(ours, gradients, /*gradient_scale=*/1, kRate);
    for (size_t i = 0; i < kFloats; ++i) {
      ASSERT_NEAR(ours[i], expected[i], 1e-6 * std::max(1.0, std::abs(expected[i]))) << "step " << step << ", " << i;
    }
  }
}

class EachOptimizerTest : public ::testing::TestWithParam<OptimizerKind> {};
INSTANTIATE_TEST_SUITE_P(Kinds, EachOptimizerTest,
                         ::testing::Values(OptimizerKind::kSgd, OptimizerKind::kAdamW, OptimizerKind::kLars));

TEST_P(EachOptimizerTest, NormsAndBiasesAreNotDecayed) {
  std::vector<float> parameters(kFloats, 1);
  DenseOptimizer({.kind = GetParam(), .weight_decay = 0.5}, kSegments)
      .Step(parameters, std::vector<float>(kFloats), /*gradient_scale=*/1, /*learning_rate=*/0.1);
  EXPECT_LT(parameters[kWeights - 1], 1);
  EXPECT_EQ(parameters[kWeights], 1);
}

TEST_P(EachOptimizerTest, GradientsCountByTheirScale) {
  std::vector<float> scaled = Random(1), plain = Random(1), gradients = Random(2);
  std::vector<float> quadruple = gradients;
  for (float& gradient : quadruple) gradient *= 4;
  DenseOptimizer({.kind = GetParam()}, kSegments).Step(scaled, quadruple, /*gradient_scale=*/0.25, 0.1);
  DenseOptimizer({.kind = GetParam()}, kSegments).Step(plain, gradients, /*gradient_scale=*/1, 0.1);
  EXPECT_THAT(scaled, ElementsAreArray(plain));
}

TEST_P(EachOptimizerTest, ALoadedStateGoesOnToTheBit) {
  DenseOptimizer optimizer({.kind = GetParam()}, kSegments), other({.kind = GetParam()}, kSegments);
  std::vector<float> parameters = Random(1);
  for (const uint64_t key : {2, 3}) optimizer.Step(parameters, Random(key), 1, 0.1);
  std::vector<float> state(optimizer.StateFloats()), of_other = parameters;
  optimizer.SaveState(state);
  other.LoadState(state);
  for (const uint64_t key : {4, 5}) {
    optimizer.Step(parameters, Random(key), 1, 0.1);
    other.Step(of_other, Random(key), 1, 0.1);
  }
  EXPECT_THAT(of_other, ElementsAreArray(parameters));
}

TEST(CountInFloatsTest, LargeCountsReadBackAsTheyWere) {
  for (const uint64_t count : {uint64_t{0}, uint64_t{16'777'217}, uint64_t{1'234'567'890'123}}) {
    float floats[kFloatsOfCount];
    PutCount(count, floats);
    EXPECT_EQ(TakeCount(floats), count);
  }
}

TEST(DenseOptimizerTest, AGradientThatIsNotFiniteChangesNothing) {
  std::vector<float> parameters = Random(1), gradients = Random(2);
  gradients[3] = std::numeric_limits<float>::infinity();
  DenseOptimizer optimizer({}, kSegments);
  EXPECT_FALSE(std::isfinite(optimizer.Step(parameters, gradients, 1, 0.1)));
  EXPECT_THAT(parameters, ElementsAreArray(Random(1)));
}

TEST(DenseOptimizerTest, ALongGradientIsMadeAsLongAsTheLimit) {
  std::vector<float> clipped(kFloats), gradients(kFloats, 3);
  const OptimizerSettings settings{.momentum = 0, .weight_decay = 0, .clip_norm = 1};
  DenseOptimizer optimizer(settings, kSegments);
  const double norm = optimizer.Step(clipped, gradients, /*gradient_scale=*/1, /*learning_rate=*/1);
  EXPECT_NEAR(norm, 3 * std::sqrt(kFloats), 1e-4);
  for (const float value : clipped) EXPECT_NEAR(value, -1 / std::sqrt(kFloats), 1e-6);
  // A short one is left alone.
  std::vector<float> left(kFloats), short_gradients(kFloats, 0.01f);
  optimizer.Step(left, short_gradients, 1, 1);
  for (const float value : left) EXPECT_NEAR(value, -0.01, 1e-7);
}

}  // namespace
}  // namespace shoal
