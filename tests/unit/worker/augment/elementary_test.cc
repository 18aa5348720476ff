#include "worker/augment/elementary.h"

#include <gtest/gtest.h>

#include <cmath>

namespace shoal {
namespace {

TEST(ElementaryTest, ExpIsTheExponentialFunction) {
  for (double x = -600; x < 600; x += 0.37) EXPECT_NEAR(Exp(x) / std::exp(x), 1, 1e-15) << x;
  EXPECT_EQ(Exp(0), 1);
}

TEST(ElementaryTest, LogIsTheNaturalLogarithm) {
  for (double x = 1e-6; x < 1e6; x *= 1.07) EXPECT_NEAR(Log(x), std::log(x), 1e-15 * (1 + std::abs(std::log(x)))) << x;
  EXPECT_EQ(Log(1), 0);
}

}  // namespace
}  // namespace shoal
