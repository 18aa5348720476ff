// DenseOptimizer: one step of gradient descent on all parameters of a model, which lie in one flat buffer.
//
// With the parameters, their gradients and the optimizer's state in flat buffers of one layout, a step is one pass
// through memory for each segment; operators over lists of tensors would make several. Norms and biases are not
// decayed, and have no trust ratio.
//
// Thread rule: one owner at a time.
// Sources: Sutskever et al. 2013 (momentum, and Nesterov's form of it) as torch.optim.SGD has it; Loshchilov and Hutter
// 2019, "Decoupled Weight Decay Regularization", algorithm 2 (AdamW); You et al. 2017, "Large Batch Training of
// Convolutional Networks", algorithm 1 (LARS).

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "worker/optimizers/count_in_floats.h"

namespace shoal {

enum class OptimizerKind { kSgd, kAdamW, kLars };

struct OptimizerSettings {
  OptimizerKind kind = OptimizerKind::kSgd;
  double momentum = 0.9;                              // Of kSgd and kLars.
  bool nesterov = false;                              // Of kSgd.
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;  // Of kAdamW.
  double weight_decay = 1e-4;
  double trust_coefficient = 0.001;  // Of kLars.
  // A gradient longer than this, all parameters together, is made so long; 0: any length.
  double clip_norm = 0;
};

// A parameter's place in the flat buffer.
struct ParameterSegment {
  size_t offset = 0, size = 0;
  bool decays = true;  // False of norms and biases.
};

class DenseOptimizer {
 public:
  // `segments` cover [0, floats) in order.
  DenseOptimizer(const OptimizerSettings& settings, std::vector<ParameterSegment> segments);

  // Changes `parameters` by `gradients`, which count `gradient_scale` times (1 / workers where they are sums over
  // workers). Returns the length of the scaled gradient before clipping; where that is not finite, nothing has changed.
  // Both have floats() elements.
  double Step(std::span<float> parameters, std::span<const float> gradients, double gradient_scale,
              double learning_rate);

  size_t floats() const { return segments_.empty() ? 0 : segments_.back().offset + segments_.back().size; }

  // What makes it go on to the bit: moments, and the number of steps.
  size_t StateFloats() const { return first_moment_.size() + second_moment_.size() + kFloatsOfCount; }
  void SaveState(std::span<float> state) const;
  void LoadState(std::span<const float> state);

 private:
  using Update = void (DenseOptimizer::*)(const ParameterSegment& segment, std::span<float> parameters,
                                          std::span<const float> gradients, float scale, double learning_rate);
  void StepSgd(const ParameterSegment&, std::span<float>, std::span<const float>, float, double);
  void StepAdamW(const ParameterSegment&, std::span<float>, std::span<const float>, float, double);
  void StepLars(const ParameterSegment&, std::span<float>, std::span<const float>, float, double);

  const OptimizerSettings settings_;
  const std::vector<ParameterSegment> segments_;
  std::vector<float> first_moment_;   // Or the momentum.
  std::vector<float> second_moment_;  // Of kAdamW; else empty.
  uint64_t steps_ = 0;
};

}  // namespace shoal
