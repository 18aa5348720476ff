#include "worker/models/model_optimizer.h"

#include <utility>
#include <vector>

namespace shoal {
namespace {

std::vector<ParameterSegment> SegmentsOf(const ModelTensors& tensors) {
  std::vector<ParameterSegment> segments;
  for (const ModelTensor& parameter : tensors.parameters()) {
    segments.push_back({parameter.offset, parameter.size, parameter.decays});
  }
  return segments;
}

class OptimizerOfSpans final : public ModelOptimizer {
 public:
  OptimizerOfSpans(const OptimizerSettings& settings, std::vector<ParameterSegment> segments, ModelTensors* tensors)
      : optimizer_(settings, std::move(segments)), tensors_(*tensors) {}

  double Step(double gradient_scale, double learning_rate) override {
    return optimizer_.Step(tensors_.parameter_floats(), tensors_.gradient_memory(), gradient_scale, learning_rate);
  }
  size_t StateFloats() const override { return optimizer_.StateFloats(); }
  void SaveState(std::span<float> state) const override { optimizer_.SaveState(state); }
  void LoadState(std::span<const float> state) override { optimizer_.LoadState(state); }

 private:
  DenseOptimizer optimizer_;
  ModelTensors& tensors_;
};

}  // namespace

std::unique_ptr<ModelOptimizer> ModelOptimizer::Create(const OptimizerSettings& settings, ModelTensors* tensors) {
  std::vector<ParameterSegment> segments = SegmentsOf(*tensors);
  if (tensors->lie_apart()) return MakeOptimizerByOperators(settings, std::move(segments), tensors);
  return std::make_unique<OptimizerOfSpans>(settings, std::move(segments), tensors);
}

}  // namespace shoal
