// DenseOptimizer against torch::optim: what a user of torch.optim would get.

#include <torch/optim/adamw.h>
#include <torch/optim/sgd.h>

#include <ATen/ops/from_blob.h>

#include <memory>
#include <vector>

#include "common/random.h"
#include "gtest/gtest.h"
#include "worker/optimizers/dense_optimizer.h"

namespace shoal {
namespace {

constexpr size_t kFloats = 500;
constexpr double kLearningRate = 0.05, kDecay = 0.1;

// Twenty steps of both from the same parameters along the same gradients.
void ExpectEqualSteps(const OptimizerSettings& settings,
                      const std::function<std::unique_ptr<torch::optim::Optimizer>(at::Tensor)>& make) {
  std::vector<float> ours(kFloats), gradients(kFloats);
  CounterRandom random(1);
  for (float& value : ours) value = 2 * random.NextFloat() - 1;
  std::vector<float> theirs = ours;
  at::Tensor parameter = at::from_blob(theirs.data(), {kFloats}, at::kFloat).set_requires_grad(true);
  parameter.mutable_grad() = at::from_blob(gradients.data(), {kFloats}, at::kFloat);
  const auto reference = make(parameter);
  DenseOptimizer optimizer(settings, {{0, kFloats, true}});
  for (int step = 0; step < 20; ++step) {
    for (float& gradient : gradients) gradient = 2 * random.NextFloat() - 1;
    optimizer.Step(ours, gradients, /*gradient_scale=*/1, kLearningRate);
    reference->step();
    for (size_t i = 0; i < kFloats; ++i) ASSERT_NEAR(ours[i], theirs[i], 1e-6) << "step " << step << ", " << i;
  }
}

TEST(DenseOptimizerTest, SgdStepsAsTorchsDoes) {
  for (const bool nesterov : {false, true}) {
    ExpectEqualSteps({.momentum = 0.9, .nesterov = nesterov, .weight_decay = kDecay}, [&](const at::Tensor& parameter) {
      return std::make_unique<torch::optim::SGD>(
          std::vector<at::Tensor>{parameter},
          torch::optim::SGDOptions(kLearningRate).momentum(0.9).nesterov(nesterov).weight_decay(kDecay));
    });
  }
}

TEST(DenseOptimizerTest, AdamWStepsAsTorchsDoes) {
  ExpectEqualSteps({.kind = OptimizerKind::kAdamW, .weight_decay = kDecay}, [](const at::Tensor& parameter) {
    return std::make_unique<torch::optim::AdamW>(std::vector<at::Tensor>{parameter},
                                                 torch::optim::AdamWOptions(kLearningRate).weight_decay(kDecay));
  });
}

}  // namespace
}  // namespace shoal
