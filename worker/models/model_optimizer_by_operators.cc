#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_norm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "worker/augment/host_values.h"
#include "worker/models/model_optimizer.h"

namespace shoal {
namespace {

// `values` as a tensor of its own beside `like`.
template <typename T>
at::Tensor Beside(const at::Tensor& like, const std::vector<T>& values) {
  return at::tensor(values, like.options().dtype(c10::CppTypeToScalarType<T>::value));
}

// All parameters are one row, so that a step is a few operators whatever the number of layers. What differs between
// segments is a row too.
class OptimizerByOperators final : public ModelOptimizer {
 public:
  OptimizerByOperators(const OptimizerSettings& settings, std::vector<ParameterSegment> segments, ModelTensors* tensors)
      : settings_(settings),
        segments_(std::move(segments)),
        tensors_(*tensors),
        first_moment_(at::zeros_like(tensors->parameter_row())) {
    if (settings.kind == OptimizerKind::kAdamW) second_moment_ = at::zeros_like(first_moment_);
    std::vector<int64_t> sizes;
    std::vector<float> decays;
    for (const ParameterSegment& segment : segments_) {
      sizes.push_back(static_cast<int64_t>(segment.size));
      decays.push_back(segment.decays ? 1.0f : 0.0f);
    }
    sizes_ = Beside(first_moment_, sizes);
    decaying_segments_ = Beside(first_moment_, decays);
    decays_ = OfElements(decaying_segments_ * settings.weight_decay);
  }

  double Step(double gradient_scale, double learning_rate) override {
    const at::NoGradGuard no_gradient;
    const at::Tensor parameters = tensors_.parameter_row(), gradients = tensors_.gradient_row();
    const double norm = gradient_scale * Norms(gradients).to(at::kDouble).square().sum().sqrt().item<double>();
    if (!std::isfinite(norm)) return norm;
    if (settings_.clip_norm > 0 && norm > settings_.clip_norm) gradient_scale *= settings_.clip_norm / norm;
    ++steps_;
    gradients.mul_(gradient_scale);
    if (settings_.kind == OptimizerKind::kSgd) StepSgd(parameters, gradients, learning_rate);
    if (settings_.kind == OptimizerKind::kAdamW) StepAdamW(parameters, gradients, learning_rate);
    if (settings_.kind == OptimizerKind::kLars) StepLars(parameters, gradients, learning_rate);
    tensors_.ParametersChanged();
    return norm;
  }

  size_t StateFloats() const override {
    return first_moment_.numel() + (second_moment_.defined() ? second_moment_.numel() : 0) + kFloatsOfCount;
  }

  void SaveState(std::span<float> state) const override {
    for (const at::Tensor& moment : {first_moment_, second_moment_}) {
      if (!moment.defined()) continue;
      const auto floats = static_cast<size_t>(moment.numel());
      OnDevice<float>(state.first(floats), {-1}, at::kCPU).copy_(moment);
      state = state.subspan(floats);
    }
    PutCount(steps_, state.first<kFloatsOfCount>());
  }

  void LoadState(std::span<const float> state) override {
    for (const at::Tensor& moment : {first_moment_, second_moment_}) {
      if (!moment.defined()) continue;
      const auto floats = static_cast<size_t>(moment.numel());
      moment.copy_(OnDevice(state.first(floats), {-1}, at::kCPU));
      state = state.subspan(floats);
    }
    steps_ = TakeCount(state.first<kFloatsOfCount>());
  }

 private:
  // From a value of each segment, one of each of its elements.
  at::Tensor OfElements(const at::Tensor& of_segments) const {
    return of_segments.repeat_interleave(sizes_, /*dim=*/0, /*output_size=*/first_moment_.numel());
  }
  // [segments] The lengths of their parts of `row`.
  at::Tensor Norms(const at::Tensor& row) const {
    std::vector<at::Tensor> parts;
    for (const ParameterSegment& segment : segments_) {
      parts.push_back(row.narrow(0, static_cast<int64_t>(segment.offset), static_cast<int64_t>(segment.size)));
    }
    return at::stack(at::_foreach_norm(parts));
  }

  void StepSgd(const at::Tensor& parameters, const at::Tensor& gradients, double learning_rate) {
    gradients.addcmul_(parameters, decays_);
    first_moment_.mul_(settings_.momentum).add_(gradients);
    parameters.sub_(settings_.nesterov ? gradients.add_(first_moment_, settings_.momentum) : first_moment_,
                    learning_rate);
  }

  void StepAdamW(const at::Tensor& parameters, const at::Tensor& gradients, double learning_rate) {
    const double steps = static_cast<double>(steps_);
    const double rate = learning_rate / (1 - std::pow(settings_.beta1, steps));
    const double root = 1 / std::sqrt(1 - std::pow(settings_.beta2, steps));
    first_moment_.mul_(settings_.beta1).add_(gradients, 1 - settings_.beta1);
    second_moment_.mul_(settings_.beta2).addcmul_(gradients, gradients, 1 - settings_.beta2);
    parameters.addcmul_(parameters, decays_, -learning_rate);
    parameters.addcdiv_(first_moment_, second_moment_.sqrt().mul_(root).add_(settings_.epsilon), -rate);
  }

  void StepLars(const at::Tensor& parameters, const at::Tensor& gradients, double learning_rate) {
    const at::Tensor weights = Norms(parameters), denominators = Norms(gradients) + weights * settings_.weight_decay;
    // Weights that begin as 0 would stay so.
    const at::Tensor has_ratio = (decaying_segments_ > 0).logical_and(weights > 0).logical_and(denominators > 0);
    const at::Tensor ratios =
        at::where(has_ratio, weights * settings_.trust_coefficient / denominators, at::ones_like(weights));
    gradients.addcmul_(parameters, decays_).mul_(OfElements(ratios * learning_rate));
    first_moment_.mul_(settings_.momentum).add_(gradients);
    parameters.sub_(first_moment_);
  }

  const OptimizerSettings settings_;
  const std::vector<ParameterSegment> segments_;
  ModelTensors& tensors_;
  at::Tensor first_moment_;               // Or the momentum.
  at::Tensor second_moment_;              // Of kAdamW; else undefined.
  at::Tensor sizes_, decaying_segments_;  // [segments]
  at::Tensor decays_;                     // The weight decay of each element.
  uint64_t steps_ = 0;
};

}  // namespace

std::unique_ptr<ModelOptimizer> MakeOptimizerByOperators(const OptimizerSettings& settings,
                                                         std::vector<ParameterSegment> segments,
                                                         ModelTensors* tensors) {
  return std::make_unique<OptimizerByOperators>(settings, std::move(segments), tensors);
}

}  // namespace shoal
