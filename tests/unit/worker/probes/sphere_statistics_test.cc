#include "worker/probes/sphere_statistics.h"

#include <cmath>
#include <vector>

#include "common/random.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

// Numbers of a normal distribution, whose rows are spread evenly over directions.
std::vector<float> EvenDirections(uint64_t key, size_t count) {
  CounterRandom random(key);
  std::vector<float> numbers(count);
  for (float& x : numbers) {
    x = static_cast<float>(std::sqrt(-2 * std::log(1 - random.NextDouble())) *
                           std::cos(2 * M_PI * random.NextDouble()));
  }
  return numbers;
}

std::vector<float> Copies(const std::vector<float>& row, int count) {
  std::vector<float> rows;
  for (int i = 0; i < count; ++i) rows.insert(rows.end(), row.begin(), row.end());
  return rows;
}

TEST(SphereStatisticsTest, OnePointHasNoSpreadAndNoUniformity) {
  const std::vector<float> rows = Copies({3, -1, 2}, 10);
  EXPECT_NEAR(Spread(rows, 3), 0, 1e-6);
  EXPECT_NEAR(Uniformity(rows, 3), 0, 1e-6);
}

TEST(SphereStatisticsTest, EvenDirectionsHaveASpreadOfOneAndAUniformityNearMinusFour) {
  constexpr uint32_t kDim = 128;
  const std::vector<float> rows = EvenDirections(1, 1000 * kDim);
  EXPECT_NEAR(Spread(rows, kDim), 1, 0.01);
  // log E e^(4 (x.y) - 4), where x.y is nearly normal of variance 1 / dim: -4 + 8 / dim.
  EXPECT_NEAR(Uniformity(rows, kDim), -4 + 8.0 / kDim, 0.01);
}

TEST(SphereStatisticsTest, LengthsDoNotMatter) {
  constexpr uint32_t kDim = 8;
  const std::vector<float> rows = EvenDirections(1, 50 * kDim);
  std::vector<float> longer = rows;
  for (size_t i = 0; i < longer.size(); ++i) longer[i] *= static_cast<float>(1 + i / kDim);
  EXPECT_NEAR(Spread(longer, kDim), Spread(rows, kDim), 1e-6);
  EXPECT_NEAR(Uniformity(longer, kDim), Uniformity(rows, kDim), 1e-5);
}

TEST(SphereStatisticsTest, UniformityOfTwoPointsIsThatOfTheirDistance) {
  EXPECT_NEAR(Uniformity(std::vector<float>{1, 0, /**/ 0, 1}, 2), -2 * 2, 1e-6);
  EXPECT_EQ(Uniformity(std::vector<float>{1, 0}, 2), 0);
}

TEST(SphereStatisticsTest, RowsWithoutADirectionLieInTheMiddle) {
  EXPECT_EQ(Spread(std::vector<float>{0, 0, /**/ 0, 0}, 2), 0);
}

}  // namespace
}  // namespace shoal
