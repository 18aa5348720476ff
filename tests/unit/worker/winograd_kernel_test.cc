#include "worker/kernels/winograd_kernel.h"

#include <vector>

#include "common/random.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

std::vector<float> Random(int64_t count, uint64_t key) {
  std::vector<float> values(count);
  CounterRandom random(key);
  for (float& value : values) value = 2 * random.NextFloat() - 1;
  return values;
}

// Calls visit(output pixel, input pixel, place of the weight 0..8) for all that a plain convolution multiplies.
template <typename Visit>
void ForEachProduct(const WinogradShape& shape, const Visit& visit) {
  for (int64_t n = 0; n < shape.batch; ++n) {
    for (int64_t row = 0; row < shape.height; ++row) {
      for (int64_t column = 0; column < shape.width; ++column) {
        for (int64_t place = 0; place < 9; ++place) {
          const int64_t from_row = row + place / 3 - 1, from_column = column + place % 3 - 1;
          if (from_row < 0 || from_row >= shape.height || from_column < 0 || from_column >= shape.width) continue;
          visit((n * shape.height + row) * shape.width + column,
                (n * shape.height + from_row) * shape.width + from_column, place);
        }
      }
    }
  }
}

// Pictures of two sizes whose tiles do not fill the last block, with every width of a register tile among the channels.
class WinogradKernelTest : public ::testing::TestWithParam<SimdBackend> {
 protected:
  void SetUp() override {
    if (!CpuRuns(GetParam())) GTEST_SKIP() << "this CPU does not run " << SimdBackendName(GetParam());
  }
  static std::vector<WinogradShape> Shapes() {
    return {{.batch = 3, .height = 6, .width = 4, .in = 16, .out = 32},
            {.batch = 2, .height = 2, .width = 10, .in = 48, .out = 16},
            {.batch = 9, .height = 4, .width = 4, .in = 32, .out = 48}};
  }
  const WinogradFunctions& kernel() const { return WinogradKernel(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Backends, WinogradKernelTest, ::testing::ValuesIn(kSimdBackends));

TEST_P(WinogradKernelTest, OutputsAreThoseOfThePlainSum) {
  for (const WinogradShape& shape : Shapes()) {
    const int64_t pixels = shape.batch * shape.height * shape.width;
    const auto x = Random(pixels * shape.in, 1), weights = Random(9 * shape.in * shape.out, 2);
    std::vector<float> transformed(shape.WeightFloats()), work(shape.WorkFloats()), y(pixels * shape.out);
    TransformWeights(shape, weights.data(), transformed.data());
    kernel().forward(shape, x.data(), transformed.data(), work.data(), y.data());
    std::vector<double> expected(y.size());
    ForEachProduct(shape, [&](int64_t to, int64_t from, int64_t place) {
      for (int64_t o = 0; o < shape.out; ++o) {
        for (int64_t i = 0; i < shape.in; ++i) {
          expected[to * shape.out + o] +=
              static_cast<double>(x[from * shape.in + i]) * weights[(o * 9 + place) * shape.in + i];
        }
      }
    });
    for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], 1e-4) << "element " << i;
  }
}

TEST_P(WinogradKernelTest, TheTurnedWeightsGiveTheInputsGradient) {
  for (const WinogradShape& shape : Shapes()) {
    const int64_t pixels = shape.batch * shape.height * shape.width;
    const auto dy = Random(pixels * shape.out, 1), weights = Random(9 * shape.in * shape.out, 2);
    std::vector<float> transformed(shape.WeightFloats()), work(shape.WorkFloats()), dx(pixels * shape.in);
    TransformTurnedWeights(shape, weights.data(), transformed.data());
    const WinogradShape turned{shape.batch, shape.height, shape.width, shape.out, shape.in};
    kernel().forward(turned, dy.data(), transformed.data(), work.data(), dx.data());
    std::vector<double> expected(dx.size());
    ForEachProduct(shape, [&](int64_t to, int64_t from, int64_t place) {
      for (int64_t o = 0; o < shape.out; ++o) {
        for (int64_t i = 0; i < shape.in; ++i) {
          expected[from * shape.in + i] +=
              static_cast<double>(dy[to * shape.out + o]) * weights[(o * 9 + place) * shape.in + i];
        }
      }
    });
    for (size_t i = 0; i < dx.size(); ++i) ASSERT_NEAR(dx[i], expected[i], 1e-4) << "element " << i;
  }
}

TEST_P(WinogradKernelTest, TheWeightsGradientIsThatOfThePlainSum) {
  for (const WinogradShape& shape : Shapes()) {
    const int64_t pixels = shape.batch * shape.height * shape.width;
    const auto x = Random(pixels * shape.in, 1), dy = Random(pixels * shape.out, 2);
    std::vector<float> transformed(shape.WeightFloats()), work(shape.WorkFloats()), dw(9 * shape.in * shape.out);
    kernel().weight_gradient(shape, x.data(), dy.data(), work.data(), transformed.data());
    GradientOfWeights(shape, transformed.data(), dw.data());
    std::vector<double> expected(dw.size());
    ForEachProduct(shape, [&](int64_t to, int64_t from, int64_t place) {
      for (int64_t o = 0; o < shape.out; ++o) {
        for (int64_t i = 0; i < shape.in; ++i) {
          expected[(o * 9 + place) * shape.in + i] +=
              static_cast<double>(dy[to * shape.out + o]) * x[from * shape.in + i];
        }
      }
    });
    for (size_t i = 0; i < dw.size(); ++i) ASSERT_NEAR(dw[i], expected[i], 1e-4) << "element " << i;
  }
}

TEST(WinogradShapeTest, OddSizesAndChannelsThatFillNoVectorAreLeftToOthers) {
  EXPECT_TRUE((WinogradShape{1, 4, 4, 16, 32}).Possible());
  EXPECT_FALSE((WinogradShape{1, 7, 4, 16, 32}).Possible());
  EXPECT_FALSE((WinogradShape{1, 4, 7, 16, 32}).Possible());
  EXPECT_FALSE((WinogradShape{1, 4, 4, 3, 32}).Possible());
  EXPECT_FALSE((WinogradShape{1, 4, 4, 16, 2048}).Possible());
}

}  // namespace
}  // namespace shoal
