#include "worker/models/model_tensors.h"

#include <ATen/ops/from_blob.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
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

// Not a view by Torch's means: those of one buffer would have one count of changes, by which a backward pass refuses
// what was changed since it was saved.
at::Tensor ViewOf(const at::Tensor& row, const ModelTensor& of) {
  return at::from_blob(row.mutable_data_ptr<float>() + of.offset, of.shape, StridesOf(of.shape), row.options());
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

void ModelTensors::Floats::Resize(size_t floats, const TensorPlace& place, bool on_host) {
  size = floats;
  const auto options = at::TensorOptions(at::kFloat);
  const auto count = static_cast<int64_t>(floats);
  // A GPU copies memory that cannot be paged out several times as quickly.
  if (on_host || !place.apart) host = at::zeros({count}, options.pinned_memory(place.device.is_cuda()));
  if (place.apart) apart = at::zeros({count}, options.device(place.device));
}

std::span<const float> ModelTensors::Floats::ToRead() const {
  if (host_is_old) host.copy_(apart);
  host_is_old = false;
  return {host.const_data_ptr<float>(), size};
}

std::span<float> ModelTensors::Floats::ToWrite() {
  ToRead();
  apart_is_old = apart.defined();
  return {host.mutable_data_ptr<float>(), size};
}

void ModelTensors::Floats::Send() const {
  if (apart_is_old) apart.copy_(host, /*non_blocking=*/true);
  apart_is_old = false;
}

void ModelTensors::Allocate(uint64_t seed, bool learns, const TensorPlace& place) {
  parameter_floats_.Resize(FloatsOf(parameters_), place);
  buffer_floats_.Resize(FloatsOf(buffers_), place);
  if (learns) gradient_floats_.Resize(FloatsOf(parameters_), place, /*on_host=*/false);
  Initialise(seed);
  for (ModelTensor& buffer : buffers_) {
    buffer.tensor = ViewOf(buffer_floats_.row(), buffer);
  }
  for (ModelTensor& parameter : parameters_) {
    parameter.tensor = ViewOf(parameter_floats_.row(), parameter);
    if (!learns) continue;
    parameter.tensor.set_requires_grad(true);
    parameter.tensor.mutable_grad() = ViewOf(gradient_floats_.row(), parameter);
  }
}

void ModelTensors::Initialise(uint64_t seed) {
  const std::span<float> parameter_values = parameter_floats(), buffer_values = buffer_floats();
  uint64_t stream = 0;
  for (const ModelTensor& parameter : parameters_) {
    Fill(parameter_values.subspan(parameter.offset, parameter.size), parameter.initialisation,
         StreamKey(seed, stream++));
  }
  for (const ModelTensor& buffer : buffers_) {
    Fill(buffer_values.subspan(buffer.offset, buffer.size), buffer.initialisation, 0);
  }
}

void ModelTensors::Send() const {
  parameter_floats_.Send();
  buffer_floats_.Send();
}

void ModelTensors::ClearGradients() { gradient_floats_.row().zero_(); }

std::span<float> ModelTensors::gradient_memory() {
  return {gradient_row().mutable_data_ptr<float>(), gradient_floats_.size};
}

std::string ModelTensors::Layout() const {
  std::string layout;
  AppendLayout(parameters_, &layout);
  AppendLayout(buffers_, &layout);
  return layout;
}

}  // namespace shoal
