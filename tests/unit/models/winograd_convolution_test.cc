#include "worker/models/winograd_convolution.h"

#include <ATen/Parallel.h>
#include <ATen/ops/convolution.h>
#include <ATen/ops/zeros.h>

#include "common/random.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

at::Tensor Random(at::IntArrayRef shape, uint64_t key) {
  at::Tensor tensor = at::zeros(shape, at::kFloat);
  CounterRandom random(key);
  for (int64_t i = 0; i < tensor.numel(); ++i) tensor.mutable_data_ptr<float>()[i] = 2 * random.NextFloat() - 1;
  return tensor;
}

class WinogradConvolutionTest : public ::testing::Test {
 protected:
  WinogradConvolutionTest() { at::set_num_threads(1); }
};

void ExpectNear(const at::Tensor& got, const at::Tensor& expected) {
  EXPECT_TRUE(got.allclose(expected, /*rtol=*/1e-4, /*atol=*/1e-3));
}

TEST_F(WinogradConvolutionTest, OutputsAndGradientsAreThoseOfTorchsConvolution) {
  // Also of operands in the default order of memory.
  const at::Tensor x = Random({5, 32, 6, 8}, 1), weight = Random({64, 32, 3, 3}, 2), dy = Random({5, 64, 6, 8}, 3);
  ASSERT_TRUE(WinogradPays(x, weight));
  const at::Tensor x1 = x.clone().set_requires_grad(true), x2 = x.clone().set_requires_grad(true);
  const at::Tensor w1 = weight.clone().set_requires_grad(true), w2 = weight.clone().set_requires_grad(true);
  const at::Tensor y = WinogradConvolve(x1, w1);
  const at::Tensor expected = at::convolution(x2, w2, {}, {1, 1}, {1, 1}, {1, 1}, false, {0, 0}, 1);
  ExpectNear(y, expected);
  y.backward(dy);
  expected.backward(dy);
  ExpectNear(x1.grad(), x2.grad());
  ExpectNear(w1.grad(), w2.grad());
}

TEST_F(WinogradConvolutionTest, WhatItCannotDoOrDoesSlowlyIsLeftToTorch) {
  const at::Tensor x = Random({1, 32, 8, 8}, 1), weight = Random({32, 32, 3, 3}, 2);
  EXPECT_TRUE(WinogradPays(x, weight));
  EXPECT_FALSE(WinogradPays(x, Random({32, 32, 1, 1}, 2)));
  EXPECT_FALSE(WinogradPays(Random({1, 32, 7, 8}, 1), weight));
  EXPECT_FALSE(WinogradPays(Random({1, 16, 8, 8}, 1), Random({16, 16, 3, 3}, 2)));
  EXPECT_FALSE(WinogradPays(x.to(at::kDouble), weight));
  at::set_num_threads(2);
  EXPECT_FALSE(WinogradPays(x, weight));
}

}  // namespace
}  // namespace shoal
