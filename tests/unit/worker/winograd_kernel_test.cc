#include "worker/kernels/winograd_kernel.h"

#include "gtest/gtest.h"
#include "tests/unit/worker/plain_convolution.h"

namespace shoal {
namespace {

PlainConvolution PlainOf(const WinogradShape& shape) {
  return {shape.batch, shape.height, shape.width, shape.in, shape.out};
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
    const PlainConvolution plain = PlainOf(shape);
    const auto x = RandomFloats(plain.InputFloats(), 1), weights = RandomFloats(plain.WeightFloats(), 2);
    std::vector<float> transformed(shape.WeightFloats()), work(shape.WorkFloats()), y(plain.OutputFloats());
    TransformWeights(shape, weights.data(), transformed.data());
    kernel().forward(shape, x.data(), transformed.data(), work.data(), y.data());
    const std::vector<double> expected = plain.Output(x, weights);
    for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], 1e-4) << "element " << i;
  }
}

TEST_P(WinogradKernelTest, TheTurnedWeightsGiveTheInputsGradient) {
  for (const WinogradShape& shape : Shapes()) {
    const PlainConvolution plain = PlainOf(shape);
    const auto dy = RandomFloats(plain.OutputFloats(), 1), weights = RandomFloats(plain.WeightFloats(), 2);
    std::vector<float> transformed(shape.WeightFloats()), work(shape.WorkFloats()), dx(plain.InputFloats());
    TransformTurnedWeights(shape, weights.data(), transformed.data());
    const WinogradShape turned{shape.batch, shape.height, shape.width, shape.out, shape.in};
    kernel().forward(turned, dy.data(), transformed.data(), work.data(), dx.data());
    const std::vector<double> expected = plain.InputGradient(dy, weights);
    for (size_t i = 0; i < dx.size(); ++i) ASSERT_NEAR(dx[i], expected[i], 1e-4) << "element " << i;
  }
}

TEST_P(WinogradKernelTest, TheWeightsGradientIsThatOfThePlainSum) {
  for (const WinogradShape& shape : Shapes()) {
    const PlainConvolution plain = PlainOf(shape);
    const auto x = RandomFloats(plain.InputFloats(), 1), dy = RandomFloats(plain.OutputFloats(), 2);
    std::vector<float> transformed(shape.WeightFloats()), work(shape.WorkFloats()), dw(plain.WeightFloats());
    kernel().weight_gradient(shape, x.data(), dy.data(), work.data(), transformed.data());
    GradientOfWeights(shape, transformed.data(), dw.data());
    const std::vector<double> expected = plain.WeightGradient(x, dy);
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
