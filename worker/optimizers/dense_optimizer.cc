#include "worker/optimizers/dense_optimizer.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace shoal {
namespace {

double SumOfSquares(std::span<const float> values) {
  double sum = 0;
  for (const float value : values) sum += static_cast<double>(value) * value;
  return sum;
}

}  // namespace

DenseOptimizer::DenseOptimizer(const OptimizerSettings& settings, std::vector<ParameterSegment> segments)
    : settings_(settings), segments_(std::move(segments)) {
  first_moment_.resize(floats());
  if (settings_.kind == OptimizerKind::kAdamW) second_moment_.resize(floats());
}

double DenseOptimizer::Step(std::span<float> parameters, std::span<const float> gradients, double gradient_scale,
                            double learning_rate) {
  const double norm = gradient_scale * std::sqrt(SumOfSquares(gradients));
  if (!std::isfinite(norm)) return norm;
  if (settings_.clip_norm > 0 && norm > settings_.clip_norm) gradient_scale *= settings_.clip_norm / norm;
  ++steps_;
  const Update update = settings_.kind == OptimizerKind::kSgd     ? &DenseOptimizer::StepSgd
                        : settings_.kind == OptimizerKind::kAdamW ? &DenseOptimizer::StepAdamW
                                                                  : &DenseOptimizer::StepLars;
  for (const ParameterSegment& segment : segments_) {
    (this->*update)(segment, parameters.subspan(segment.offset, segment.size),
                    gradients.subspan(segment.offset, segment.size), static_cast<float>(gradient_scale), learning_rate);
  }
  return norm;
}

// v = m v + g + d w;  w -= r v, or with Nesterov's r (g + d w + m v).
void DenseOptimizer::StepSgd(const ParameterSegment& segment, std::span<float> parameters,
                             std::span<const float> gradients, float scale, double learning_rate) {
  const float decay = segment.decays ? static_cast<float>(settings_.weight_decay) : 0;
  const float momentum = static_cast<float>(settings_.momentum), rate = static_cast<float>(learning_rate);
  float* const velocities = first_moment_.data() + segment.offset;
  const bool nesterov = settings_.nesterov;
  for (size_t i = 0; i < segment.size; ++i) {
    const float gradient = scale * gradients[i] + decay * parameters[i];
    velocities[i] = momentum * velocities[i] + gradient;
    parameters[i] -= rate * (nesterov ? gradient + momentum * velocities[i] : velocities[i]);
  }
}

// w *= 1 - r d;  m = b1 m + (1 - b1) g;  v = b2 v + (1 - b2) g^2;  w -= r m' / (sqrt(v') + e), both without their bias.
void DenseOptimizer::StepAdamW(const ParameterSegment& segment, std::span<float> parameters,
                               std::span<const float> gradients, float scale, double learning_rate) {
  const double decay = segment.decays ? settings_.weight_decay : 0;
  const float keep = static_cast<float>(1 - learning_rate * decay);
  const float beta1 = static_cast<float>(settings_.beta1), beta2 = static_cast<float>(settings_.beta2);
  const float rest1 = static_cast<float>(1 - settings_.beta1), rest2 = static_cast<float>(1 - settings_.beta2);
  const double steps = static_cast<double>(steps_);
  const float rate = static_cast<float>(learning_rate / (1 - std::pow(settings_.beta1, steps)));
  const float root = static_cast<float>(1 / std::sqrt(1 - std::pow(settings_.beta2, steps)));
  const float epsilon = static_cast<float>(settings_.epsilon);
  float* const first = first_moment_.data() + segment.offset;
  float* const second = second_moment_.data() + segment.offset;
  for (size_t i = 0; i < segment.size; ++i) {
    const float gradient = scale * gradients[i];
    first[i] = beta1 * first[i] + rest1 * gradient;
    second[i] = beta2 * second[i] + rest2 * gradient * gradient;
    parameters[i] = keep * parameters[i] - rate * first[i] / (std::sqrt(second[i]) * root + epsilon);
  }
}

// v = m v + r t |w| / (|g| + d |w|) (g + d w);  w -= v. Where there is no decay, no ratio: v = m v + r g.
void DenseOptimizer::StepLars(const ParameterSegment& segment, std::span<float> parameters,
                              std::span<const float> gradients, float scale, double learning_rate) {
  const double decay = segment.decays ? settings_.weight_decay : 0;
  double ratio = 1;
  if (segment.decays) {
    const double weight_norm = std::sqrt(SumOfSquares(parameters));
    const double gradient_norm = scale * std::sqrt(SumOfSquares(gradients));
    const double denominator = gradient_norm + decay * weight_norm;
    // Weights that begin as 0 would stay so.
    if (weight_norm > 0 && denominator > 0) ratio = settings_.trust_coefficient * weight_norm / denominator;
  }
  const float rate = static_cast<float>(learning_rate * ratio), momentum = static_cast<float>(settings_.momentum);
  const float of_weight = static_cast<float>(decay);
  float* const velocities = first_moment_.data() + segment.offset;
  for (size_t i = 0; i < segment.size; ++i) {
    velocities[i] = momentum * velocities[i] + rate * (scale * gradients[i] + of_weight * parameters[i]);
    parameters[i] -= velocities[i];
  }
}

void DenseOptimizer::SaveState(std::span<float> state) const {
  auto at = std::ranges::copy(first_moment_, state.begin()).out;
  at = std::ranges::copy(second_moment_, at).out;
  PutCount(steps_, std::span<float, kFloatsOfCount>(at, kFloatsOfCount));
}

void DenseOptimizer::LoadState(std::span<const float> state) {
  std::ranges::copy(state.first(first_moment_.size()), first_moment_.begin());
  std::ranges::copy(state.subspan(first_moment_.size(), second_moment_.size()), second_moment_.begin());
  steps_ = TakeCount(state.last<kFloatsOfCount>());
}

}  // namespace shoal
