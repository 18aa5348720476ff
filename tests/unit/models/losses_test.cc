#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <functional>
#include <vector>

#include "common/random.h"
#include "gtest/gtest.h"
#include "worker/losses/instance_discrimination.h"
#include "worker/losses/momentum_contrast.h"
#include "worker/losses/nt_xent.h"

namespace shoal {
namespace {

constexpr double kTemperature = 0.3;

// Rows of length 1, in double, where finite differences are exact to many digits.
at::Tensor UnitRows(int64_t rows, int64_t dim, uint64_t key) {
  const at::Tensor values = at::zeros({rows, dim}, at::kDouble);
  CounterRandom random(key);
  for (int64_t i = 0; i < values.numel(); ++i) values.mutable_data_ptr<double>()[i] = random.NextFloat() - 0.5;
  return values / values.norm(2, {1}, /*keepdim=*/true);
}

at::Tensor EqualRows(int64_t rows, int64_t dim) { return at::ones({rows, dim}) / std::sqrt(static_cast<double>(dim)); }

double At(const at::Tensor& t, int64_t row, int64_t column) {
  return t.const_data_ptr<double>()[row * t.size(1) + column];
}

double Cosine(const at::Tensor& a, int64_t i, const at::Tensor& b, int64_t j) {
  double sum = 0;
  for (int64_t d = 0; d < a.size(1); ++d) sum += At(a, i, d) * At(b, j, d);
  return sum;
}

double Item(const at::Tensor& scalar) { return scalar.item<double>(); }

// The gradient of `loss` with respect to `at`, against differences of the loss.
void ExpectGradientOfDifferences(const at::Tensor& at, const std::function<at::Tensor(const at::Tensor&)>& loss) {
  constexpr double kStep = 1e-6;
  const at::Tensor variable = at.detach().clone().set_requires_grad(true);
  loss(variable).backward();
  ASSERT_TRUE(variable.grad().defined());
  for (int64_t i = 0; i < at.numel(); ++i) {
    const at::Tensor moved = at.detach().clone();
    double& element = moved.mutable_data_ptr<double>()[i];
    element += kStep;
    const double above = Item(loss(moved));
    element -= 2 * kStep;
    const double difference = (above - Item(loss(moved))) / (2 * kStep);
    EXPECT_NEAR(variable.grad().const_data_ptr<double>()[i], difference, 1e-7) << "element " << i;
  }
}

TEST(NtXentLossTest, EqualEmbeddingsCostLogOfTwiceBatchMinusOne) {
  const at::Tensor anchors = EqualRows(16, 4);
  EXPECT_NEAR(Item(NtXentLoss(anchors, anchors, 0, 0.5).loss), std::log(2 * 8 - 1), 1e-6);
}

TEST(NtXentLossTest, IsTheMeanOfEquationOneOverAllAnchors) {
  constexpr int64_t kPictures = 5, kViews = 2 * kPictures;
  const at::Tensor z = UnitRows(kViews, 7, 1);
  double expected = 0;
  for (int64_t i = 0; i < kViews; ++i) {
    double sum = 0;
    for (int64_t k = 0; k < kViews; ++k) sum += k == i ? 0 : std::exp(Cosine(z, i, z, k) / kTemperature);
    expected -= std::log(std::exp(Cosine(z, i, z, (i + kPictures) % kViews) / kTemperature) / sum) / kViews;
  }
  EXPECT_NEAR(Item(NtXentLoss(z, z, 0, kTemperature).loss), expected, 1e-10);
}

TEST(NtXentLossTest, ItsGradientIsThatOfDifferences) {
  ExpectGradientOfDifferences(UnitRows(6, 4, 2),
                              [](const at::Tensor& z) { return NtXentLoss(z, z, 0, kTemperature).loss; });
}

TEST(NtXentLossTest, AWorkersAnchorsMeetTheAnchorsOfAllWorkers) {
  constexpr int64_t kOwn = 4;
  const at::Tensor all = UnitRows(3 * kOwn, 5, 3);
  const at::Tensor own = all.narrow(0, kOwn, kOwn);
  double expected = 0;
  for (int64_t i = 0; i < kOwn; ++i) {
    double sum = 0;
    for (int64_t k = 0; k < all.size(0); ++k) {
      sum += k == kOwn + i ? 0 : std::exp(Cosine(own, i, all, k) / kTemperature);
    }
    expected -= std::log(std::exp(Cosine(own, i, own, (i + kOwn / 2) % kOwn) / kTemperature) / sum) / kOwn;
  }
  EXPECT_NEAR(Item(NtXentLoss(own, all, kOwn, kTemperature).loss), expected, 1e-10);
}

TEST(NtXentLossTest, SaysHowNearPositivesAndNegativesAre) {
  // Two pictures whose views agree, at right angles to each other.
  const at::Tensor z = at::zeros({4, 2});
  for (const int64_t row : {0, 2}) z.mutable_data_ptr<float>()[2 * row] = 1;
  for (const int64_t row : {1, 3}) z.mutable_data_ptr<float>()[2 * row + 1] = 1;
  const ContrastiveLoss loss = NtXentLoss(z, z, 0, kTemperature);
  EXPECT_NEAR(Item(loss.positive_similarity), 1, 1e-6);
  EXPECT_NEAR(Item(loss.negative_similarity), 0, 1e-6);
  EXPECT_EQ(Item(loss.accuracy), 1);
}

TEST(MomentumContrastLossTest, EqualEmbeddingsCostLogOfTheQueueAndOne) {
  EXPECT_NEAR(Item(MomentumContrastLoss(EqualRows(4, 8), EqualRows(4, 8), EqualRows(100, 8), 0.07).loss), std::log(101),
              1e-5);
}

TEST(MomentumContrastLossTest, IsTheMeanOfEquationOneOverTheQueries) {
  const at::Tensor q = UnitRows(3, 6, 1), k = UnitRows(3, 6, 2), queue = UnitRows(9, 6, 3);
  double expected = 0;
  for (int64_t i = 0; i < 3; ++i) {
    const double positive = std::exp(Cosine(q, i, k, i) / kTemperature);
    double sum = positive;
    for (int64_t j = 0; j < 9; ++j) sum += std::exp(Cosine(q, i, queue, j) / kTemperature);
    expected -= std::log(positive / sum) / 3;
  }
  EXPECT_NEAR(Item(MomentumContrastLoss(q, k, queue, kTemperature).loss), expected, 1e-10);
}

TEST(MomentumContrastLossTest, ItsGradientInTheQueriesIsThatOfDifferences) {
  const at::Tensor keys = UnitRows(3, 4, 2), queue = UnitRows(5, 4, 3);
  ExpectGradientOfDifferences(
      UnitRows(3, 4, 1), [&](const at::Tensor& q) { return MomentumContrastLoss(q, keys, queue, kTemperature).loss; });
}

TEST(MomentumContrastLossTest, NoGradientGoesIntoKeysOrQueue) {
  at::Tensor queries = UnitRows(3, 4, 1), keys = UnitRows(3, 4, 2), queue = UnitRows(5, 4, 3);
  for (at::Tensor* tensor : {&queries, &keys, &queue}) tensor->set_requires_grad(true);
  MomentumContrastLoss(queries, keys, queue, kTemperature).loss.backward();
  EXPECT_TRUE(queries.grad().defined());
  EXPECT_FALSE(keys.grad().defined());
  EXPECT_FALSE(queue.grad().defined());
}

TEST(InstanceSoftmaxLossTest, EqualEmbeddingsCostLogOfTheBank) {
  EXPECT_NEAR(Item(InstanceSoftmaxLoss(EqualRows(4, 8), EqualRows(50, 8), at::arange(4, at::kLong), 0.07).loss),
              std::log(50), 1e-5);
}

TEST(InstanceSoftmaxLossTest, IsEquationTwoAndItsGradientThatOfDifferencesAndNoneGoesIntoTheBank) {
  const at::Tensor v = UnitRows(3, 4, 1), rows = at::arange(3, at::kLong) * 2;
  at::Tensor bank = UnitRows(7, 4, 2);
  double expected = 0;
  for (int64_t i = 0; i < 3; ++i) {
    double sum = 0;
    for (int64_t j = 0; j < 7; ++j) sum += std::exp(Cosine(v, i, bank, j) / kTemperature);
    expected -= std::log(std::exp(Cosine(v, i, bank, 2 * i) / kTemperature) / sum) / 3;
  }
  EXPECT_NEAR(Item(InstanceSoftmaxLoss(v, bank, rows, kTemperature).loss), expected, 1e-10);
  bank.set_requires_grad(true);
  ExpectGradientOfDifferences(
      v, [&](const at::Tensor& at) { return InstanceSoftmaxLoss(at, bank, rows, kTemperature).loss; });
  EXPECT_FALSE(bank.grad().defined());
}

TEST(InstanceNceLossTest, IsEquationsSixToEightAndItsGradientThatOfDifferencesAndNoneGoesIntoTheBank) {
  constexpr double kBank = 40, kNormaliser = 90;
  const at::Tensor v = UnitRows(3, 4, 1);
  at::Tensor positives = UnitRows(3, 4, 2), negatives = UnitRows(6, 4, 3);
  const double noise = 6 / kBank;  // m times its even distribution.
  const auto posterior = [&](double cosine) {
    const double probability = std::exp(cosine / kTemperature) / kNormaliser;
    return probability / (probability + noise);
  };
  double expected = 0;
  for (int64_t i = 0; i < 3; ++i) {
    expected -= std::log(posterior(Cosine(v, i, positives, i))) / 3;
    for (int64_t j = 0; j < 6; ++j) expected -= std::log(1 - posterior(Cosine(v, i, negatives, j))) / 3;
  }
  const auto loss = [&](const at::Tensor& at) {
    return InstanceNceLoss(at, positives, negatives, kBank, kNormaliser, kTemperature).loss;
  };
  EXPECT_NEAR(Item(loss(v)), expected, 1e-9);
  positives.set_requires_grad(true);
  negatives.set_requires_grad(true);
  ExpectGradientOfDifferences(v, loss);
  EXPECT_FALSE(positives.grad().defined());
  EXPECT_FALSE(negatives.grad().defined());
}

TEST(EstimateNormaliserTest, IsTheSumOverTheBankWhereTheSampleIsTheBank) {
  const at::Tensor v = UnitRows(1, 4, 1), bank = UnitRows(6, 4, 2);
  double expected = 0;
  for (int64_t j = 0; j < 6; ++j) expected += std::exp(Cosine(v, 0, bank, j) / kTemperature);
  EXPECT_NEAR(EstimateNormaliser(v, bank, 6, kTemperature), expected, 1e-9);
}

}  // namespace
}  // namespace shoal
