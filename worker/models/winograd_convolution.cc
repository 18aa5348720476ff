#include "worker/models/winograd_convolution.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "worker/kernels/winograd_kernel.h"
#include "worker/models/autocast.h"

namespace shoal {
namespace {

constexpr int64_t kLeastChannels = 32, kMostChannels = 128;
constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;

WinogradShape ShapeOf(const at::Tensor& x, const at::Tensor& weight) {
  return {x.size(0), x.size(2), x.size(3), weight.size(1), weight.size(0)};
}

at::Tensor Floats(int64_t count) { return at::empty({count}, at::kFloat); }

// `shape`'s convolution of `x` by transformed weights.
at::Tensor Convolve(const WinogradShape& shape, const at::Tensor& x, const at::Tensor& transformed) {
  const at::Tensor y = at::empty({shape.batch, shape.out, shape.height, shape.width},
                                 at::TensorOptions(at::kFloat).memory_format(kChannelsLast));
  WinogradKernel().forward(shape, x.const_data_ptr<float>(), transformed.const_data_ptr<float>(),
                           Floats(shape.WorkFloats()).mutable_data_ptr<float>(), y.mutable_data_ptr<float>());
  return y;
}

struct WinogradFunction : torch::autograd::Function<WinogradFunction> {
  using Context = torch::autograd::AutogradContext;
  using Tensors = torch::autograd::variable_list;

  static at::Tensor forward(Context* context, const at::Tensor& given_x, const at::Tensor& given_weight) {
    const at::Tensor x = given_x.contiguous(kChannelsLast), weight = given_weight.contiguous(kChannelsLast);
    const WinogradShape shape = ShapeOf(x, weight);
    const at::Tensor transformed = Floats(shape.WeightFloats());
    TransformWeights(shape, weight.const_data_ptr<float>(), transformed.mutable_data_ptr<float>());
    context->save_for_backward({x, weight});
    return Convolve(shape, x, transformed);
  }

  static Tensors backward(Context* context, const Tensors& gradients) {
    const Tensors saved = context->get_saved_variables();
    const at::Tensor dy = gradients[0].contiguous(kChannelsLast);
    Tensors result(2);
    if (context->needs_input_grad(0)) result[0] = InputGradient(saved[0], saved[1], dy);
    if (context->needs_input_grad(1)) result[1] = WeightGradient(saved[0], saved[1], dy);
    return result;
  }

 private:
  static at::Tensor InputGradient(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& dy) {
    const WinogradShape shape = ShapeOf(x, weight);
    const at::Tensor transformed = Floats(shape.WeightFloats());
    TransformTurnedWeights(shape, weight.const_data_ptr<float>(), transformed.mutable_data_ptr<float>());
    return Convolve({shape.batch, shape.height, shape.width, shape.out, shape.in}, dy, transformed);
  }

  static at::Tensor WeightGradient(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& dy) {
    const WinogradShape shape = ShapeOf(x, weight);
    const at::Tensor transformed = at::zeros({shape.WeightFloats()}, at::kFloat), gradient = at::empty_like(weight);
    WinogradKernel().weight_gradient(shape, x.const_data_ptr<float>(), dy.const_data_ptr<float>(),
                                     Floats(shape.WorkFloats()).mutable_data_ptr<float>(),
                                     transformed.mutable_data_ptr<float>());
    GradientOfWeights(shape, transformed.const_data_ptr<float>(), gradient.mutable_data_ptr<float>());
    return gradient;
  }
};

}  // namespace

bool WinogradPays(const at::Tensor& x, const at::Tensor& weight) {
  const WinogradShape shape = ShapeOf(x, weight);
  return weight.size(2) == 3 && shape.Possible() && std::min(shape.in, shape.out) >= kLeastChannels &&
         std::max(shape.in, shape.out) <= kMostChannels && x.scalar_type() == at::kFloat && !Autocast::OnCpu() &&
         at::get_num_threads() == 1;
}

at::Tensor WinogradConvolve(const at::Tensor& x, const at::Tensor& weight) {
  return WinogradFunction::apply(x, weight);
}

}  // namespace shoal
