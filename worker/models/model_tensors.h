// ModelTensors: the parameters and running statistics of a model, by name, each kind in one flat float buffer.
//
// Layers add their tensors while they are made; Allocate then lays all out in the order of their addition and gives
// each its view. So what servers, other workers and checkpoints exchange is one span, without a copy, and optimizers
// walk it in one pass. Weights of convolutions lie in channels_last order ([out, height, width, in]), in which oneDNN
// takes them beside channels_last activations.
//
// Gradients of parameters that learn are views of a third buffer of the parameters' layout.
//
// On a GPU tensors lie apart from the spans, in buffers of the same layout there, and each kind is copied only when it
// is looked at on the other side: a span shows what the tensors hold when it is asked for, what is written to it counts
// from the next Send on, and whoever changes tensors says so.
//
// Thread rule: one owner at a time. The tensors are views: they are valid as long as the ModelTensors is.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

namespace shoal {

// How a parameter begins.
struct Initialisation {
  enum class Kind { kConstant, kNormal, kUniform } kind = Kind::kConstant;
  double scale = 0;  // The constant, the standard deviation, or the bound on both sides.
};

struct ModelTensor {
  std::string name;
  std::vector<int64_t> shape;
  Initialisation initialisation;
  // Weight decay and trust ratios pass over norms and biases.
  bool decays = false;
  size_t offset = 0, size = 0;  // Floats, in the flat buffer.
  at::Tensor tensor;            // Undefined until Allocate.
};

// Where tensors lie: in the spans' memory, or apart from it on `device`.
struct TensorPlace {
  at::Device device = at::kCPU;
  bool apart = false;
};

class ModelTensors {
 public:
  ModelTensors() = default;
  ModelTensors(const ModelTensors&) = delete;
  ModelTensors& operator=(const ModelTensors&) = delete;

  // The pointers stay valid. Before Allocate only.
  const ModelTensor* AddParameter(std::string name, std::vector<int64_t> shape, Initialisation initialisation,
                                  bool decays);
  const ModelTensor* AddBuffer(std::string name, std::vector<int64_t> shape, double value);

  // Once, when the model is complete. Parameters get their initial values from `seed`, each from a stream of its own.
  // Without `learns` there are no gradients.
  void Allocate(uint64_t seed, bool learns, const TensorPlace& place = {});

  // What was written to spans is in the tensors then, for whoever computes with them next on their device.
  void Send() const;
  // Tensors have been changed where they lie: by a step of an optimizer, and by passes in training.
  void ParametersChanged() { parameter_floats_.Changed(); }
  void BuffersChanged() { buffer_floats_.Changed(); }

  // The gradients' tensors become 0.
  void ClearGradients();
  // Parameters and their gradients where their tensors lie, as one row; the order is parameter_floats()'.
  at::Tensor parameter_row() const { return parameter_floats_.row(); }
  at::Tensor gradient_row() const { return gradient_floats_.row(); }
  std::span<float> gradient_memory();

  const std::deque<ModelTensor>& parameters() const { return parameters_; }
  const std::deque<ModelTensor>& buffers() const { return buffers_; }
  bool lie_apart() const { return parameter_floats_.apart.defined(); }
  size_t parameter_count() const { return parameter_floats_.size; }
  size_t buffer_count() const { return buffer_floats_.size; }
  // To be written to: until the next Send, and not after it.
  std::span<float> parameter_floats() { return parameter_floats_.ToWrite(); }
  std::span<float> buffer_floats() { return buffer_floats_.ToWrite(); }
  std::span<const float> parameter_floats() const { return parameter_floats_.ToRead(); }
  std::span<const float> buffer_floats() const { return buffer_floats_.ToRead(); }

  // A line "name 64x3x7x7" for each parameter, then each buffer.
  std::string Layout() const;

 private:
  // A flat buffer on the host, and its twin where tensors lie apart; else that is undefined.
  struct Floats {
    size_t size = 0;
    at::Tensor host, apart;
    mutable bool host_is_old = false, apart_is_old = false;

    // Without `on_host` tensors that lie apart have no twin on the host.
    void Resize(size_t floats, const TensorPlace& place, bool on_host = true);
    at::Tensor row() const { return apart.defined() ? apart : host; }
    std::span<float> ToWrite();
    std::span<const float> ToRead() const;
    void Send() const;
    void Changed() { host_is_old = apart.defined(); }
  };

  void Initialise(uint64_t seed);

  std::deque<ModelTensor> parameters_, buffers_;
  Floats parameter_floats_, buffer_floats_, gradient_floats_;
};

}  // namespace shoal
