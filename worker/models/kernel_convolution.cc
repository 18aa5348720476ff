#include "worker/models/kernel_convolution.h"

#include <ATen/Parallel.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "worker/kernels/strided_kernel.h"
#include "worker/kernels/winograd_kernel.h"
#include "worker/models/autocast.h"

namespace shoal {
namespace {

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;

at::Tensor Floats(int64_t count) { return at::empty({count}, at::kFloat); }

at::Tensor Pictures(int64_t batch, int64_t channels, int64_t height, int64_t width) {
  return at::empty({batch, channels, height, width}, at::TensorOptions(at::kFloat).memory_format(kChannelsLast));
}

const float* In(const at::Tensor& tensor) { return tensor.const_data_ptr<float>(); }
float* Out(const at::Tensor& tensor) { return tensor.mutable_data_ptr<float>(); }

// Of stride 1.
struct Winograd {
  using Shape = WinogradShape;

  static Shape ShapeOf(const at::Tensor& x, const at::Tensor& weight) {
    return {x.size(0), x.size(2), x.size(3), weight.size(1), weight.size(0)};
  }
  static at::Tensor Output(const Shape& shape, const at::Tensor& x, const at::Tensor& weight) {
    const at::Tensor transformed = Floats(shape.WeightFloats());
    TransformWeights(shape, In(weight), Out(transformed));
    return Convolve(shape, x, transformed);
  }
  static at::Tensor InputGradient(const Shape& shape, const at::Tensor& weight, const at::Tensor& dy) {
    const at::Tensor transformed = Floats(shape.WeightFloats());
    TransformTurnedWeights(shape, In(weight), Out(transformed));
    return Convolve({shape.batch, shape.height, shape.width, shape.out, shape.in}, dy, transformed);
  }
  static void WeightGradient(const Shape& shape, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dw) {
    const at::Tensor transformed = at::zeros({shape.WeightFloats()}, at::kFloat);
    WinogradKernel().weight_gradient(shape, In(x), In(dy), Out(Floats(shape.WorkFloats())), Out(transformed));
    GradientOfWeights(shape, In(transformed), Out(dw));
  }

 private:
  static at::Tensor Convolve(const Shape& shape, const at::Tensor& x, const at::Tensor& transformed) {
    const at::Tensor y = Pictures(shape.batch, shape.out, shape.height, shape.width);
    WinogradKernel().forward(shape, In(x), In(transformed), Out(Floats(shape.WorkFloats())), Out(y));
    return y;
  }
};

// Of stride 2.
struct Strided {
  using Shape = StridedShape;

  static Shape ShapeOf(const at::Tensor& x, const at::Tensor& weight) {
    return {x.size(0), x.size(2), x.size(3), weight.size(1), weight.size(0), weight.size(2)};
  }
  static at::Tensor Output(const Shape& shape, const at::Tensor& x, const at::Tensor& weight) {
    const at::Tensor packed = Floats(shape.WeightFloats());
    PackWeights(shape, In(weight), Out(packed));
    const at::Tensor y = Pictures(shape.batch, shape.out, shape.height / 2, shape.width / 2);
    StridedKernel().forward(shape, In(x), In(packed), Out(Floats(shape.WorkFloats())), Out(y));
    return y;
  }
  static at::Tensor InputGradient(const Shape& shape, const at::Tensor& weight, const at::Tensor& dy) {
    const at::Tensor packed = Floats(shape.WeightFloats());
    PackTurnedWeights(shape, In(weight), Out(packed));
    const at::Tensor dx = Pictures(shape.batch, shape.in, shape.height, shape.width);
    StridedKernel().input_gradient(shape, In(dy), In(packed), Out(dx));
    return dx;
  }
  static void WeightGradient(const Shape& shape, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dw) {
    const at::Tensor packed = at::zeros({shape.WeightFloats()}, at::kFloat);
    StridedKernel().weight_gradient(shape, In(x), In(dy), Out(Floats(shape.WorkFloats())), Out(packed));
    UnpackGradient(shape, In(packed), Out(dw));
  }
};

template <typename Kernel>
struct ConvolutionBy : torch::autograd::Function<ConvolutionBy<Kernel>> {
  using Context = torch::autograd::AutogradContext;
  using Tensors = torch::autograd::variable_list;

  static at::Tensor forward(Context* context, const at::Tensor& given_x, const at::Tensor& given_weight) {
    const at::Tensor x = given_x.contiguous(kChannelsLast), weight = given_weight.contiguous(kChannelsLast);
    context->save_for_backward({x, weight});
    return Kernel::Output(Kernel::ShapeOf(x, weight), x, weight);
  }

  static Tensors backward(Context* context, const Tensors& gradients) {
    const Tensors saved = context->get_saved_variables();
    const at::Tensor &x = saved[0], &weight = saved[1], dy = gradients[0].contiguous(kChannelsLast);
    const auto shape = Kernel::ShapeOf(x, weight);
    Tensors result(2);
    if (context->needs_input_grad(0)) result[0] = Kernel::InputGradient(shape, weight, dy);
    if (context->needs_input_grad(1)) {
      result[1] = at::empty_like(weight);
      Kernel::WeightGradient(shape, x, dy, result[1]);
    }
    return result;
  }
};

bool WinogradPays(const at::Tensor& x, const at::Tensor& weight) {
  const WinogradShape shape = Winograd::ShapeOf(x, weight);
  if (weight.size(2) != 3 || !shape.Possible()) return false;
  // With AVX-512, oneDNN was the quicker with fewer channels and with more.
  return BestSimdBackend() != SimdBackend::kAvx512 ||
         (std::min(shape.in, shape.out) >= 32 && std::max(shape.in, shape.out) <= 128);
}

}  // namespace

bool KernelPays(const at::Tensor& x, const at::Tensor& weight, int64_t stride) {
  if (!x.is_cpu() || x.scalar_type() != at::kFloat || Autocast::OnCpu() || at::get_num_threads() != 1) return false;
  return stride == 1 ? WinogradPays(x, weight) : stride == 2 && Strided::ShapeOf(x, weight).Possible();
}

at::Tensor KernelConvolve(const at::Tensor& x, const at::Tensor& weight, int64_t stride) {
  return stride == 1 ? ConvolutionBy<Winograd>::apply(x, weight) : ConvolutionBy<Strided>::apply(x, weight);
}

}  // namespace shoal
