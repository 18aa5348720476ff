#include "paramserver/row_optimizer.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "common/buffer.h"
#include "common/random.h"
#include "gtest/gtest.h"
#include "paramserver/row_layout.h"

namespace shoal {
namespace {

constexpr uint32_t kDim = 100;
constexpr int kSteps = 50;
constexpr double kRate = 0.05;

// The optimizers' formulas as the papers have them, in float64, one weight at a time.
class Reference {
 public:
  Reference(const job::RowOptimizer& spec, std::vector<double> weights)
      : spec_(spec), weights_(std::move(weights)), first_(weights_.size()), second_(weights_.size()) {}

  void Apply(const std::vector<double>& gradient) {
    ++step_;
    double squares = 0;
    for (const double g : gradient) squares += g * g;
    row_sum_ += squares / static_cast<double>(gradient.size());
    for (size_t i = 0; i < weights_.size(); ++i) weights_[i] -= kRate * Direction(i, gradient[i]);
  }

  const std::vector<double>& weights() const { return weights_; }

 private:
  double Direction(size_t i, double g) {
    switch (spec_.kind()) {
      case job::RowOptimizer::SGD:
        return g;
      case job::RowOptimizer::ADAGRAD:
        second_[i] += g * g;
        return g / (std::sqrt(second_[i]) + spec_.epsilon());
      case job::RowOptimizer::ROW_WISE_ADAGRAD:
        return g / (std::sqrt(row_sum_) + spec_.epsilon());
      case job::RowOptimizer::LAZY_ADAM:
        first_[i] = spec_.beta1() * first_[i] + (1 - spec_.beta1()) * g;
        second_[i] = spec_.beta2() * second_[i] + (1 - spec_.beta2()) * g * g;
        return first_[i] / (1 - std::pow(spec_.beta1(), step_)) /
               (std::sqrt(second_[i] / (1 - std::pow(spec_.beta2(), step_))) + spec_.epsilon());
    }
    return 0;
  }

  const job::RowOptimizer spec_;
  std::vector<double> weights_, first_, second_;
  double row_sum_ = 0;
  int step_ = 0;
};

class RowOptimizerTest : public testing::TestWithParam<job::RowOptimizer::Kind> {
 protected:
  RowOptimizerTest() {
    table_.set_dim(kDim);
    table_.mutable_optimizer()->set_kind(GetParam());
    layout_ = RowLayout::Of(table_);
    row_ = Buffer(layout_.stride * sizeof(float));
    gradient_ = Buffer(layout_.padded_dim * sizeof(float));
    std::memset(row_.data(), 0, row_.size());
    std::memset(gradient_.data(), 0, gradient_.size());
  }

  float* row() { return reinterpret_cast<float*>(row_.data()); }
  float* gradient() { return reinterpret_cast<float*>(gradient_.data()); }

  // Draws a gradient of norms that differ by orders from step to step.
  std::vector<double> DrawGradient(int step) {
    std::vector<double> drawn(kDim);
    CounterRandom random(StreamKey(3, step));
    for (uint32_t i = 0; i < kDim; ++i) {
      gradient()[i] = (2 * random.NextFloat() - 1) * std::pow(10.0f, static_cast<float>(step % 4) - 2);
      drawn[i] = gradient()[i];
    }
    return drawn;
  }

  wire::TableSpec table_;
  RowLayout layout_;
  Buffer row_, gradient_;
};

TEST_P(RowOptimizerTest, EqualsTheFormulaInDoublePrecision) {
  CounterRandom random(1);
  std::vector<double> start(kDim);
  for (uint32_t i = 0; i < kDim; ++i) start[i] = row()[i] = random.NextFloat();
  Reference reference(table_.optimizer(), start);
  const RowOptimizer optimizer(table_);
  for (int step = 0; step < kSteps; ++step) {
    reference.Apply(DrawGradient(step));
    optimizer.Apply(row(), gradient(), kRate);
    for (uint32_t i = 0; i < kDim; ++i) {
      ASSERT_NEAR(row()[i], reference.weights()[i], 2e-5 * (1 + step)) << "step " << step << ", weight " << i;
    }
  }
}

TEST_P(RowOptimizerTest, LeavesThePaddingZeroEvenWithAnEpsilonTooSmallForAFloat) {
  table_.mutable_optimizer()->set_epsilon(1e-300);
  const RowOptimizer optimizer(table_);
  for (int step = 0; step < kSteps; ++step) {
    DrawGradient(step);
    optimizer.Apply(row(), gradient(), kRate);
  }
  for (uint32_t i = kDim; i < layout_.padded_dim; ++i) EXPECT_EQ(row()[i], 0) << i;
}

TEST_P(RowOptimizerTest, AZeroGradientMovesNoFreshRow) {
  const RowOptimizer optimizer(table_);
  for (uint32_t i = 0; i < kDim; ++i) row()[i] = 0.25f;
  optimizer.Apply(row(), gradient(), kRate);
  for (uint32_t i = 0; i < kDim; ++i) EXPECT_EQ(row()[i], 0.25f) << i;
}

INSTANTIATE_TEST_SUITE_P(Kinds, RowOptimizerTest,
                         testing::Values(job::RowOptimizer::SGD, job::RowOptimizer::ADAGRAD,
                                         job::RowOptimizer::ROW_WISE_ADAGRAD, job::RowOptimizer::LAZY_ADAM),
                         [](const auto& info) { return job::RowOptimizer::Kind_Name(info.param); });

class MovingAverageTest : public testing::Test {
 protected:
  MovingAverageTest() {
    table_.set_dim(kDim);
    table_.mutable_moving_average();
    const RowLayout layout = RowLayout::Of(table_);
    row_ = Buffer(layout.stride * sizeof(float));
    value_ = Buffer(layout.padded_dim * sizeof(float));
    std::memset(row_.data(), 0, row_.size());
    std::memset(value_.data(), 0, value_.size());
  }

  float* row() { return reinterpret_cast<float*>(row_.data()); }
  float* value() { return reinterpret_cast<float*>(value_.data()); }

  void DrawValue(int step) {
    CounterRandom random(StreamKey(4, step));
    for (uint32_t i = 0; i < kDim; ++i) value()[i] = 2 * random.NextFloat() - 1;
  }

  wire::TableSpec table_;
  Buffer row_, value_;
};

TEST_F(MovingAverageTest, EqualsTheFormulaInDoublePrecision) {
  std::vector<double> expected(kDim);
  const RowOptimizer optimizer(table_);
  for (int step = 0; step < kSteps; ++step) {
    DrawValue(step);
    optimizer.Apply(row(), value(), kRate);
    for (uint32_t i = 0; i < kDim; ++i) {
      expected[i] += kRate * (value()[i] - expected[i]);
      ASSERT_NEAR(row()[i], expected[i], 1e-6) << step;
    }
  }
}

TEST_F(MovingAverageTest, ARateOfOneGivesTheValueToTheBit) {
  const RowOptimizer optimizer(table_);
  for (int step = 0; step < kSteps; ++step) {
    DrawValue(step);
    optimizer.Apply(row(), value(), 1);
    for (uint32_t i = 0; i < kDim; ++i) ASSERT_EQ(row()[i], value()[i]);
  }
}

TEST_F(MovingAverageTest, RowsOfUnitLengthKeepTheAveragesDirection) {
  table_.mutable_moving_average()->set_unit_length(true);
  const RowOptimizer optimizer(table_);
  optimizer.Apply(row(), value(), 0.5f);
  EXPECT_EQ(row()[0], 0) << "zeros have no direction";
  for (int step = 0; step < kSteps; ++step) {
    DrawValue(step);
    std::vector<double> expected(kDim);
    double squares = 0;
    for (uint32_t i = 0; i < kDim; ++i) expected[i] = 0.5 * value()[i] + 0.5 * row()[i];
    for (const double weight : expected) squares += weight * weight;
    optimizer.Apply(row(), value(), 0.5f);
    for (uint32_t i = 0; i < kDim; ++i) ASSERT_NEAR(row()[i], expected[i] / std::sqrt(squares), 1e-6);
    for (uint32_t i = kDim; i < PaddedDim(kDim); ++i) ASSERT_EQ(row()[i], 0);
  }
}

TEST(RowLayoutTest, RowsAndTheirStateAreWholeCacheLines) {
  wire::TableSpec spec;
  for (const auto kind : {job::RowOptimizer::SGD, job::RowOptimizer::ADAGRAD, job::RowOptimizer::ROW_WISE_ADAGRAD,
                          job::RowOptimizer::LAZY_ADAM}) {
    for (const uint32_t dim : {1u, 15u, 16u, 17u, 100u, 128u, 300u, 8192u}) {
      spec.set_dim(dim);
      spec.mutable_optimizer()->set_kind(kind);
      const RowLayout layout = RowLayout::Of(spec);
      EXPECT_GE(layout.padded_dim, dim);
      EXPECT_LT(layout.padded_dim, dim + kRowAlignFloats);
      EXPECT_EQ(layout.stride % kRowAlignFloats, 0u);
      EXPECT_EQ(layout.stride - layout.padded_dim, OptimizerStateFloats(kind, dim));
    }
  }
}

TEST(RowLayoutTest, EveryKeyHasItsOwnSlotOnExactlyOneServer) {
  constexpr uint64_t kRows = 103;
  for (const uint32_t servers : {1u, 2u, 3u, 7u}) {
    std::vector<std::vector<bool>> taken(servers);
    for (uint32_t i = 0; i < servers; ++i) taken[i].resize(RowsOnServer(kRows, i, servers));
    for (uint64_t key = 0; key < kRows; ++key) {
      auto slot = taken[ServerOf(key, servers)].begin() + SlotOf(key, servers);
      EXPECT_FALSE(*slot) << key;
      *slot = true;
    }
    for (const auto& slots : taken) EXPECT_EQ(std::count(slots.begin(), slots.end(), false), 0);
  }
}

}  // namespace
}  // namespace shoal
