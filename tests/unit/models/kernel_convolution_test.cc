#include "worker/models/kernel_convolution.h"

#include <ATen/Parallel.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/zeros.h>

#include "common/random.h"
#include "gtest/gtest.h"
#include "worker/kernels/simd_backend.h"
#include "worker/models/autocast.h"
#include "worker/models/convolution.h"
#include "worker/models/model_tensors.h"

namespace shoal {
namespace {

at::Tensor Random(at::IntArrayRef shape, uint64_t key) {
  at::Tensor tensor = at::zeros(shape, at::kFloat);
  CounterRandom random(key);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.mutable_data_ptr<float>()[i] = 2 * random.NextFloat() - 1;
  return tensor;
}

void ExpectNear(const at::Tensor& got, const at::Tensor& expected) {
  ASSERT_EQ(got.sizes(), expected.sizes());
  EXPECT_TRUE(got.allclose(expected, /*rtol=*/1e-4, /*atol=*/1e-3));
}

// Five pictures of 6 x 8 pixels with 32 channels, to 64 channels.
struct Case {
  int64_t kernel, stride;
  int threads = 1;
};

class KernelConvolutionTest : public ::testing::Test {
 protected:
  KernelConvolutionTest() { at::set_num_threads(1); }
};

class EachKernelConvolutionTest : public KernelConvolutionTest, public ::testing::WithParamInterface<Case> {};

INSTANTIATE_TEST_SUITE_P(Kernels, EachKernelConvolutionTest,
                         ::testing::Values(Case{3, 1}, Case{3, 2}, Case{1, 2}, Case{3, 1, 3}, Case{3, 2, 3},
                                           Case{1, 2, 8}));

TEST_P(EachKernelConvolutionTest, OutputsAndGradientsAreThoseOfTorchsConvolution) {
  const auto [kernel, stride, threads] = GetParam();
  at::set_num_threads(threads);
  // Also of operands in the default order of memory.
  const at::Tensor x = Random({5, 32, 6, 8}, 1), weight = Random({64, 32, kernel, kernel}, 2);
  const at::Tensor dy = Random({5, 64, 6 / stride, 8 / stride}, 3);
  ASSERT_TRUE(KernelPays(x, weight, stride));
  const at::Tensor x1 = x.clone().set_requires_grad(true), x2 = x.clone().set_requires_grad(true);
  const at::Tensor w1 = weight.clone().set_requires_grad(true), w2 = weight.clone().set_requires_grad(true);
  const at::Tensor y = KernelConvolve(x1, w1, stride);
  const at::Tensor expected =
      at::convolution(x2, w2, {}, {stride, stride}, {kernel / 2, kernel / 2}, {1, 1}, false, {0, 0}, 1);
  ExpectNear(y, expected);
  y.backward(dy);
  expected.backward(dy);
  ExpectNear(x1.grad(), x2.grad());
  ExpectNear(w1.grad(), w2.grad());
}

TEST_F(KernelConvolutionTest, WhatTheKernelsCannotDoOrDoSlowlyIsLeftToTorch) {
  const at::Tensor x = Random({1, 32, 8, 8}, 1), weight = Random({32, 32, 3, 3}, 2), one = Random({32, 32, 1, 1}, 2);
  EXPECT_TRUE(KernelPays(x, weight, 1));
  EXPECT_FALSE(KernelPays(x, one, 1));
  EXPECT_TRUE(KernelPays(x, one, 2));
  EXPECT_FALSE(KernelPays(x, weight, 4));
  EXPECT_FALSE(KernelPays(Random({1, 32, 7, 8}, 1), weight, 1));
  EXPECT_FALSE(KernelPays(Random({1, 32, 7, 8}, 1), weight, 2));
  EXPECT_FALSE(KernelPays(Random({1, 3, 8, 8}, 1), Random({32, 3, 3, 3}, 2), 2));
  EXPECT_FALSE(KernelPays(Random({1, 32, 2, 2}, 1), Random({2048, 32, 3, 3}, 2), 1));
  for (const int64_t stride : {1, 2}) {
    EXPECT_FALSE(KernelPays(x.to(at::kDouble), weight, stride));
    const Autocast lower(Precision::kBfloat16, c10::DeviceType::CPU);
    EXPECT_FALSE(KernelPays(x, weight, stride));
  }
}

TEST_F(KernelConvolutionTest, FewAndManyChannelsAreLeftToTorchWhereItIsQuickerWithThem) {
  for (const int64_t channels : {16, 256}) {
    const at::Tensor x = Random({1, channels, 4, 4}, 1), weight = Random({channels, channels, 3, 3}, 2);
    EXPECT_EQ(KernelPays(x, weight, 1), BestSimdBackend() != SimdBackend::kAvx512) << channels;
  }
}

TEST_F(KernelConvolutionTest, AConvolutionUnderAutocastComputesInBfloat16) {
  ModelTensors tensors;
  const Convolution wide("wide", 32, 32, 3, 1, &tensors), stem("stem", 3, 32, 7, 2, &tensors);
  tensors.Allocate(/*seed=*/1, /*learns=*/true);
  const Autocast lower(Precision::kBfloat16, c10::DeviceType::CPU);
  EXPECT_EQ(wide.Forward(Random({2, 32, 8, 8}, 1)).scalar_type(), at::kBFloat16);
  EXPECT_EQ(stem.Forward(Random({2, 3, 8, 8}, 1)).scalar_type(), at::kBFloat16);
}

}  // namespace
}  // namespace shoal
