#include <cmath>
#include <string>
#include <vector>

#include "common/random.h"
#include "gtest/gtest.h"
#include "worker/kernels/row_products_kernel.h"

namespace shoal {
namespace {

std::vector<float> RandomNumbers(uint64_t key, size_t count) {
  CounterRandom random(key);
  std::vector<float> numbers(count);
  for (float& x : numbers) x = random.NextFloat() - 0.5f;
  return numbers;
}

class RowProductsTest : public ::testing::TestWithParam<SimdBackend> {
 protected:
  void SetUp() override {
    if (!CpuRuns(GetParam())) GTEST_SKIP() << "this CPU has no " << SimdBackendName(GetParam());
  }
  const RowProductsFunctions& kernel() const { return RowProductsKernel(GetParam()); }
};

TEST_P(RowProductsTest, ProductsOfAnySizesEqualThoseInDouble) {
  for (const int64_t dim : {1, 7, 16, 48, 129}) {
    for (const int64_t lefts : {1, 4, 5}) {
      for (const int64_t rights : {1, 6, 13}) {
        const auto left = RandomNumbers(1, lefts * dim), right = RandomNumbers(2, rights * dim);
        const int64_t stride = rights + 2;
        std::vector<float> products(lefts * stride, 99);
        kernel().products(left.data(), lefts, right.data(), rights, dim, products.data(), stride);
        for (int64_t i = 0; i < lefts; ++i) {
          for (int64_t j = 0; j < stride; ++j) {
            double sum = j < rights ? 0 : 99;
            for (int64_t k = 0; k < dim && j < rights; ++k) sum += double{left[i * dim + k]} * right[j * dim + k];
            ASSERT_NEAR(products[i * stride + j], sum, 1e-5) << dim << " " << lefts << " " << rights;
          }
        }
      }
    }
  }
}

TEST_P(RowProductsTest, WeightedSumsOfAnySizesEqualThoseInDouble) {
  for (const int64_t dim : {1, 15, 16, 48, 131}) {
    for (const int64_t classes : {1, 4, 10, 11}) {
      constexpr int64_t kRows = 64;
      const auto weights = RandomNumbers(1, kRows * classes), x = RandomNumbers(2, kRows * dim);
      const auto before = RandomNumbers(3, classes * dim);
      std::vector<float> sums = before;
      kernel().add_weighted(weights.data(), x.data(), kRows, classes, dim, sums.data());
      for (int64_t c = 0; c < classes; ++c) {
        for (int64_t k = 0; k < dim; ++k) {
          double sum = before[c * dim + k];
          for (int64_t i = 0; i < kRows; ++i) sum += double{weights[i * classes + c]} * x[i * dim + k];
          ASSERT_NEAR(sums[c * dim + k], sum, 1e-5) << dim << " " << classes;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Backends, RowProductsTest, ::testing::ValuesIn(kSimdBackends), [](const auto& info) {
  return std::string(info.param == SimdBackend::kPortable ? "Portable"
                     : info.param == SimdBackend::kAvx2   ? "Avx2"
                                                          : "Avx512");
});

}  // namespace
}  // namespace shoal
