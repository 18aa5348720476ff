// ModelTensors: the parameters and running statistics of a model, by name, each kind in one flat float buffer.
//
// Layers add their tensors while they are made; Allocate then lays all out in the order of their addition and gives
// each its view. So what servers, other workers and checkpoints exchange is one span, without a copy, and optimizers
// walk it in one pass. Weights of convolutions lie in channels_last order ([out, height, width, in]), in which oneDNN
// takes them beside channels_last activations.
//
// Gradients of parameters that learn are views of a third buffer of the parameters' layout.
//
// On a GPU tensors lie apart from the spans, in buffers of the same layout there. The spans are what counts: who is
// about to compute with the tensors sends them, and fetches what that has changed.
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

  // Parameters and buffers, from the spans to their tensors. Nothing is done, here and in the fetches, where tensors do
  // not lie apart.
  void Send() const;
  void FetchBuffers();
  void FetchGradients();

  // The gradients' tensors become 0.
  void ClearGradients();
  // Where the gradients' tensors lie, in the order of gradient_floats(), which it is where they do not lie apart.
  std::span<float> gradient_memory();

  const std::deque<ModelTensor>& parameters() const { return parameters_; }
  const std::deque<ModelTensor>& buffers() const { return buffers_; }
  std::span<float> parameter_floats() { return parameter_floats_.host; }
  std::span<float> buffer_floats() { return buffer_floats_.host; }
  std::span<const float> parameter_floats() const { return parameter_floats_.host; }
  std::span<const float> buffer_floats() const { return buffer_floats_.host; }
  std::span<float> gradient_floats() { return gradient_floats_.host; }  // Empty where nothing learns.

  // A line "name 64x3x7x7" for each parameter, then each buffer.
  std::string Layout() const;

 private:
  // A flat buffer, and its copy on the device where tensors lie apart; else undefined.
  struct Floats {
    std::vector<float> host;
    at::Tensor apart;

    void Resize(size_t size, const TensorPlace& place);
    float* memory() { return apart.defined() ? apart.mutable_data_ptr<float>() : host.data(); }
    void Send() const;
    void Fetch();
  };

  void Initialise(uint64_t seed);

  std::deque<ModelTensor> parameters_, buffers_;
  Floats parameter_floats_, buffer_floats_, gradient_floats_;
};

}  // namespace shoal
