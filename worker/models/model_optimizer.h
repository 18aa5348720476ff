// ModelOptimizer: an optimizer's steps on a model's tensors, where these lie.
//
// Of tensors that lie in the spans' memory the steps are DenseOptimizer's; of those that lie apart they are the same
// ones by Torch's operators there (model_optimizer_by_operators.cc), so that neither parameters nor gradients have to
// leave a GPU for them.
//
// Thread rule: one owner at a time, that of the tensors. It throws as Torch does.

#pragma once

#include <cstddef>
#include <memory>
#include <span>

#include "worker/models/model_tensors.h"
#include "worker/optimizers/dense_optimizer.h"

namespace shoal {

class ModelOptimizer {
 public:
  // The tensors are allocated, learn, and outlive it.
  static std::unique_ptr<ModelOptimizer> Create(const OptimizerSettings& settings, ModelTensors* tensors);
  virtual ~ModelOptimizer() = default;

  // As DenseOptimizer's, on the tensors' parameters by their gradients, which it may use up.
  virtual double Step(double gradient_scale, double learning_rate) = 0;

  // A state of either twin goes on in the other.
  virtual size_t StateFloats() const = 0;
  virtual void SaveState(std::span<float> state) const = 0;
  virtual void LoadState(std::span<const float> state) = 0;
};

// Of tensors that lie apart.
std::unique_ptr<ModelOptimizer> MakeOptimizerByOperators(const OptimizerSettings& settings,
                                                         std::vector<ParameterSegment> segments, ModelTensors* tensors);

}  // namespace shoal
