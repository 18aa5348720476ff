#include "worker/models/model_tensors.h"

#include <ATen/ops/from_blob.h>

#include <cmath>
#include <numbers>
#include <utility>

#include "common/random.h"
#include "common/text.h"

namespace shoal {
namespace {

size_t SizeOf(const std::vector<int64_t>& shape) {
  size_t size = 1;
  for (const int64_t extent : shape) size *= extent;
  return size;
}

// Of a convolution's weights in channels_last order; C order for all others.
std::vector<int64_t> StridesOf(const std::vector<int64_t>& shape) {
  if (shape.size() == 4) return {shape[1] * shape[2] * shape[3], 1, shape[1] * shape[3], shape[1]};
  std::vector<int64_t> strides(shape.size(), 1);
  for (size_t i = shape.size(); i-- > 1;) strides[i - 1] = strides[i] * shape[i];
  return strides;
}

at::Tensor ViewOf(float* from, const std::vector<int64_t>& shape) {
  return at::from_blob(from, shape, StridesOf(shape), at::TensorOptions(at::kFloat));
}

// Box and Muller's pair of normal numbers, one of it: initialisation is not where time goes.
double NextNormal(CounterRandom* random) {
  const double radius = std::sqrt(-2 * std::log(1 - static_cast<double>(random->NextFloat())));
  return radius * std::cos(2 * std::numbers::pi * random->NextFloat());
}

void Fill(std::span<float> values, const Initialisation& initialisation, uint64_t key) {
  CounterRandom random(key);
  for (float& value : values) {
    switch (initialisation.kind) {
      case Initialisation::Kind::kConstant:
        value = static_cast<float>(initialisation.scale);
        break;
      case Initialisation::Kind::kNormal:
        value = static_cast<float>(initialisation.scale * NextNormal(&random));
        break;
      case Initialisation::Kind::kUniform:
        value = static_cast<float>(initialisation.scale * (2 * random.NextFloat() - 1));
        break;
    }
  }
}

const ModelTensor* Add(ModelTensor tensor, std::deque<ModelTensor>* all) {
  tensor.size = SizeOf(tensor.shape);
  if (!all->empty()) tensor.offset = all->back().offset + all->back().size;
  return &all->emplace_back(std::move(tensor));
}

size_t FloatsOf(const std::deque<ModelTensor>& all) { return all.empty() ? 0 : all.back().offset + all.back().size; }

void AppendLayout(const std::deque<ModelTensor>& all, std::string* layout) {
  for (const ModelTensor& tensor : all) {
    layout->append(tensor.name);
    for (size_t i = 0; i < tensor.shape.size(); ++i) layout->append(Cat(i == 0 ? " " : "x", tensor.shape[i]));
    layout->append("\n");
  }
}

}  // namespace

const ModelTensor* ModelTensors::AddParameter(std::string name, std::vector<int64_t> shape,
                                              Initialisation initialisation, bool decays) {
  return Add({std::move(name), std::move(shape), initialisation, decays}, &parameters_);
}

const ModelTensor* ModelTensors::AddBuffer(std::string name, std::vector<int64_t> shape, double value) {
  return Add({std::move(name), std::move(shape), {Initialisation::Kind::kConstant, value}}, &buffers_);
}

void ModelTensors::Allocate(uint64_t seed, bool learns) {
  parameter_floats_.resize(FloatsOf(parameters_));
  buffer_floats_.resize(FloatsOf(buffers_));
  if (learns) gradient_floats_.resize(parameter_floats_.size());
  Initialise(seed);
  for (ModelTensor& buffer : buffers_) buffer.tensor = ViewOf(buffer_floats_.data() + buffer.offset, buffer.shape);
  for (ModelTensor& parameter : parameters_) {
    parameter.tensor = ViewOf(parameter_floats_.data() + parameter.offset, parameter.shape);
    if (!learns) continue;
    parameter.tensor.set_requires_grad(true);
    parameter.tensor.mutable_grad() = ViewOf(gradient_floats_.data() + parameter.offset, parameter.shape);
  }
}

void ModelTensors::Initialise(uint64_t seed) {
  const std::span<float> parameters(parameter_floats_), buffers(buffer_floats_);
  uint64_t stream = 0;
  for (const ModelTensor& parameter : parameters_) {
    Fill(parameters.subspan(parameter.offset, parameter.size), parameter.initialisation, StreamKey(seed, stream++));
  }
  for (const ModelTensor& buffer : buffers_) {
    Fill(buffers.subspan(buffer.offset, buffer.size), buffer.initialisation, 0);
  }
}

std::string ModelTensors::Layout() const {
  std::string layout;
  AppendLayout(parameters_, &layout);
  AppendLayout(buffers_, &layout);
  return layout;
}

}  // namespace shoal
