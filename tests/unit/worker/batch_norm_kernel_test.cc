#include "worker/kernels/batch_norm_kernel.h"

#include <cmath>
#include <vector>

#include "common/random.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

struct Case {
  SimdBackend backend;
  int64_t channels;
};

// Wider than all tiles, a tile and a rest, a rest alone.
class BatchNormKernelTest : public ::testing::TestWithParam<Case> {
 protected:
  static constexpr int64_t kRows = 300;  // More than two blocks.

  void SetUp() override {
    if (!CpuRuns(GetParam().backend)) GTEST_SKIP() << "this CPU does not run " << SimdBackendName(GetParam().backend);
  }
  const BatchNormFunctions& kernel() const { return BatchNormKernel(GetParam().backend); }
  int64_t channels() const { return GetParam().channels; }
  std::vector<float> Random(int64_t count, uint64_t key, float mean = 0) const {
    std::vector<float> values(count);
    CounterRandom random(key);
    for (float& value : values) value = 2 * random.NextFloat() - 1 + mean;
    return values;
  }
  std::vector<float> Rows(uint64_t key) const { return Random(kRows * channels(), key); }
};

TEST_P(BatchNormKernelTest, StatisticsAreThoseOfTheDistancesFromTheShift) {
  const auto x = Random(kRows * channels(), 1, /*mean=*/100), shift = Random(channels(), 2, /*mean=*/100);
  std::vector<double> sums(channels(), 1), squares(channels(), 2);  // They are added to.
  kernel().statistics(x.data(), kRows, channels(), shift.data(), sums.data(), squares.data());
  for (int64_t c = 0; c < channels(); ++c) {
    double sum = 1, square = 2;
    for (int64_t row = 0; row < kRows; ++row) {
      const double distance = static_cast<double>(x[row * channels() + c]) - shift[c];
      sum += distance;
      square += distance * distance;
    }
    EXPECT_NEAR(sums[c], sum, 1e-4) << "channel " << c;
    EXPECT_NEAR(squares[c], square, 1e-3) << "channel " << c;
  }
}

TEST_P(BatchNormKernelTest, OutputsAreScaledMovedAddedToAndRectified) {
  const auto x = Rows(1), shortcut = Rows(2), scale = Random(channels(), 3), offset = Random(channels(), 4);
  for (const bool adds : {false, true}) {
    for (const bool rectify : {false, true}) {
      std::vector<float> y(x.size());
      kernel().apply(x.data(), adds ? shortcut.data() : nullptr, kRows, channels(), scale.data(), offset.data(),
                     rectify, y.data());
      for (size_t i = 0; i < x.size(); ++i) {
        const int64_t c = i % channels();
        const double z = static_cast<double>(x[i]) * scale[c] + offset[c] + (adds ? shortcut[i] : 0);
        ASSERT_NEAR(y[i], rectify ? std::max(z, 0.0) : z, 1e-6) << "element " << i;
      }
    }
  }
}

TEST_P(BatchNormKernelTest, GradientsPassWhereTheOutputIsPositive) {
  const auto dy = Rows(1), y = Rows(2), x = Rows(3), mean = Random(channels(), 4);
  for (const bool rectified : {false, true}) {
    std::vector<double> sums(channels()), products(channels());
    std::vector<float> dz(x.size());
    kernel().gradient_sums(dy.data(), rectified ? y.data() : nullptr, x.data(), kRows, channels(), mean.data(),
                           sums.data(), products.data(), dz.data());
    std::vector<double> expected_sums(channels()), expected_products(channels());
    for (size_t i = 0; i < x.size(); ++i) {
      const int64_t c = i % channels();
      const float gradient = rectified && y[i] <= 0 ? 0 : dy[i];
      ASSERT_EQ(dz[i], gradient) << "element " << i;
      expected_sums[c] += gradient;
      expected_products[c] += gradient * (static_cast<double>(x[i]) - mean[c]);
    }
    for (int64_t c = 0; c < channels(); ++c) {
      EXPECT_NEAR(sums[c], expected_sums[c], 1e-4) << "channel " << c;
      EXPECT_NEAR(products[c], expected_products[c], 1e-4) << "channel " << c;
    }
  }
}

TEST_P(BatchNormKernelTest, TheInputsGradientIsLinearInTheOutputsAndInTheInput) {
  const auto dy = Rows(1), y = Rows(2), x = Rows(3), mean = Random(channels(), 4), a = Random(channels(), 5),
             b = Random(channels(), 6), c = Random(channels(), 7);
  for (const bool rectified : {false, true}) {
    std::vector<float> dx(x.size());
    kernel().gradient(dy.data(), rectified ? y.data() : nullptr, x.data(), kRows, channels(), mean.data(), a.data(),
                      b.data(), c.data(), dx.data());
    for (size_t i = 0; i < x.size(); ++i) {
      const int64_t k = i % channels();
      const double gradient = rectified && y[i] <= 0 ? 0 : dy[i];
      ASSERT_NEAR(dx[i], a[k] * gradient + b[k] * (static_cast<double>(x[i]) - mean[k]) + c[k], 1e-5)
          << "element " << i;
    }
  }
}

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (const SimdBackend backend : kSimdBackends) {
    for (const int64_t channels : {3, 16, 87}) cases.push_back({backend, channels});
  }
  return cases;
}

INSTANTIATE_TEST_SUITE_P(EachBackend, BatchNormKernelTest, ::testing::ValuesIn(Cases()));

}  // namespace
}  // namespace shoal
