#include "evaluate/images/lbfgs.h"

#include <cmath>
#include <limits>

#include "common/status.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

// A bowl that is a thousand times steeper one way than the other; its minimum is (1, 2, 3, ...).
absl::StatusOr<double> Bowl(std::span<const double> x, std::span<double> gradient) {
  double value = 0;
  for (size_t i = 0; i < x.size(); ++i) {
    const double steepness = std::pow(1000.0, static_cast<double>(i) / static_cast<double>(x.size() - 1));
    const double from = x[i] - static_cast<double>(i + 1);
    value += steepness * from * from / 2;
    gradient[i] = steepness * from;
  }
  return value;
}

TEST(LbfgsTest, TheMinimumOfASkewedBowlIsFoundInAFractionOfSteepestDescentsSteps) {
  std::vector<double> x(20, 0.0);
  const auto result = MinimiseByLbfgs(Bowl, {.gradient_tolerance = 1e-8}, &x);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_TRUE(result->converged);
  EXPECT_LT(result->iterations, 400);
  for (size_t i = 0; i < x.size(); ++i) EXPECT_NEAR(x[i], static_cast<double>(i + 1), 1e-7);
}

TEST(LbfgsTest, TheLogisticLossOfOneNumberHasItsMinimumWhereTheGradientSays) {
  // log(1 + e^-x) + x^2 / 2: x = 1 / (1 + e^x), 0.4010581375.
  std::vector<double> x = {30};
  const auto result = MinimiseByLbfgs(
      [](std::span<const double> at, std::span<double> gradient) -> absl::StatusOr<double> {
        gradient[0] = at[0] - 1 / (1 + std::exp(at[0]));
        return std::log1p(std::exp(-at[0])) + at[0] * at[0] / 2;
      },
      {.gradient_tolerance = 1e-10}, &x);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_NEAR(x[0], 0.4010581375, 1e-8);
}

TEST(LbfgsTest, ItEndsWhereItWasToldToAndSaysThatItHasNotConverged) {
  std::vector<double> x(20, 0.0);
  const auto result = MinimiseByLbfgs(Bowl, {.max_iterations = 3, .gradient_tolerance = 1e-8}, &x);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->iterations, 3);
  EXPECT_FALSE(result->converged);
  EXPECT_GT(result->largest_gradient, 1e-8);
}

TEST(LbfgsTest, ErrorsOfTheFunctionAndValuesThatAreNoNumbersEndIt) {
  std::vector<double> x = {1};
  EXPECT_EQ(MinimiseByLbfgs([](auto, auto) -> absl::StatusOr<double> { return ResourceExhausted("memory"); }, {}, &x)
                .status()
                .code(),
            absl::StatusCode::kResourceExhausted);
  const auto no_number = [](std::span<const double>, std::span<double> gradient) -> absl::StatusOr<double> {
    gradient[0] = 1;
    return std::numeric_limits<double>::quiet_NaN();
  };
  EXPECT_EQ(MinimiseByLbfgs(no_number, {}, &x).status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace shoal
