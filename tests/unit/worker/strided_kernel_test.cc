#include "worker/kernels/strided_kernel.h"

#include <limits>

#include "gtest/gtest.h"
#include "tests/unit/worker/plain_convolution.h"

namespace shoal {
namespace {

// What is not written shows.
std::vector<float> Unwritten(int64_t count) {
  return std::vector<float>(count, std::numeric_limits<float>::quiet_NaN());
}

PlainConvolution PlainOf(const StridedShape& shape) {
  return {shape.batch, shape.height, shape.width, shape.in, shape.out, shape.kernel, /*stride=*/2};
}

class StridedKernelTest : public ::testing::TestWithParam<SimdBackend> {
 protected:
  void SetUp() override {
    if (!CpuRuns(GetParam())) GTEST_SKIP() << "this CPU does not run " << SimdBackendName(GetParam());
  }
  // Outputs that do not fill the last tile of registers nor the last block, and one column of them.
  static std::vector<StridedShape> Shapes() {
    return {{.batch = 3, .height = 6, .width = 4, .in = 16, .out = 32},
            {.batch = 2, .height = 2, .width = 10, .in = 48, .out = 16},
            {.batch = 5, .height = 8, .width = 8, .in = 32, .out = 48},
            {.batch = 5, .height = 4, .width = 2, .in = 16, .out = 16},
            {.batch = 3, .height = 4, .width = 6, .in = 32, .out = 48, .kernel = 1},
            {.batch = 5, .height = 8, .width = 8, .in = 16, .out = 16, .kernel = 1}};
  }
  const StridedFunctions& kernel() const { return StridedKernel(GetParam()); }
};

INSTANTIATE_TEST_SUITE_P(Backends, StridedKernelTest, ::testing::ValuesIn(kSimdBackends));

TEST_P(StridedKernelTest, OutputsAreThoseOfThePlainSum) {
  for (const StridedShape& shape : Shapes()) {
    const PlainConvolution plain = PlainOf(shape);
    const auto x = RandomFloats(plain.InputFloats(), 1), weights = RandomFloats(plain.WeightFloats(), 2);
    auto packed = Unwritten(shape.WeightFloats()), work = Unwritten(shape.WorkFloats());
    auto y = Unwritten(plain.OutputFloats());
    PackWeights(shape, weights.data(), packed.data());
    kernel().forward(shape, x.data(), packed.data(), work.data(), y.data());
    const std::vector<double> expected = plain.Output(x, weights);
    for (size_t i = 0; i < y.size(); ++i) ASSERT_NEAR(y[i], expected[i], 1e-4) << "element " << i;
  }
}

TEST_P(StridedKernelTest, TheInputsGradientIsThatOfThePlainSum) {
  for (const StridedShape& shape : Shapes()) {
    const PlainConvolution plain = PlainOf(shape);
    const auto dy = RandomFloats(plain.OutputFloats(), 1), weights = RandomFloats(plain.WeightFloats(), 2);
    auto packed = Unwritten(shape.WeightFloats()), dx = Unwritten(plain.InputFloats());
    PackTurnedWeights(shape, weights.data(), packed.data());
    kernel().input_gradient(shape, dy.data(), packed.data(), dx.data());
    const std::vector<double> expected = plain.InputGradient(dy, weights);
    for (size_t i = 0; i < dx.size(); ++i) ASSERT_NEAR(dx[i], expected[i], 1e-4) << "element " << i;
  }
}

TEST_P(StridedKernelTest, TheWeightsGradientIsAddedAsThePlainSumHasIt) {
  for (const StridedShape& shape : Shapes()) {
    const PlainConvolution plain = PlainOf(shape);
    const auto x = RandomFloats(plain.InputFloats(), 1), dy = RandomFloats(plain.OutputFloats(), 2);
    std::vector<float> packed(shape.WeightFloats(), 1), work = Unwritten(shape.WorkFloats());
    auto dw = Unwritten(plain.WeightFloats());
    kernel().weight_gradient(shape, x.data(), dy.data(), work.data(), packed.data());
    UnpackGradient(shape, packed.data(), dw.data());
    const std::vector<double> expected = plain.WeightGradient(x, dy);
    for (size_t i = 0; i < dw.size(); ++i) ASSERT_NEAR(dw[i], 1 + expected[i], 1e-4) << "element " << i;
  }
}

TEST(StridedShapeTest, OddSizesOtherKernelsAndChannelsThatFillNoVectorAreLeftToOthers) {
  EXPECT_TRUE((StridedShape{1, 4, 4, 16, 32, 3}).Possible());
  EXPECT_TRUE((StridedShape{1, 4, 4, 16, 32, 1}).Possible());
  EXPECT_FALSE((StridedShape{1, 5, 4, 16, 32, 3}).Possible());
  EXPECT_FALSE((StridedShape{1, 4, 5, 16, 32, 3}).Possible());
  EXPECT_FALSE((StridedShape{1, 4, 4, 3, 32, 3}).Possible());
  EXPECT_FALSE((StridedShape{1, 4, 4, 16, 24, 3}).Possible());
  EXPECT_FALSE((StridedShape{1, 4, 4, 16, 32, 7}).Possible());
  EXPECT_FALSE((StridedShape{1, 4, 4, 16, 2048, 3}).Possible());
}

}  // namespace
}  // namespace shoal
