#include "worker/models/kernel_convolution.h"

#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "worker/kernels/strided_kernel.h"
#include "worker/kernels/winograd_kernel.h"
#include "worker/models/autocast.h"
#include "worker/models/in_parts.h"

namespace shoal {
namespace {

constexpr auto kChannelsLast = at::MemoryFormat::ChannelsLast;

at::Tensor Floats(int64_t count) { return at::empty({count}, at::kFloat); }

at::Tensor Pictures(int64_t batch, int64_t channels, int64_t height, int64_t width) {
  return at::empty({batch, channels, height, width}, at::TensorOptions(at::kFloat).memory_format(kChannelsLast));
}

const float* In(const at::Tensor& tensor) { return tensor.const_data_ptr<float>(); }
float* Out(const at::Tensor& tensor) { return tensor.mutable_data_ptr<float>(); }

// A part of the pictures of `shape`, on one of Torch's threads.
template <typename Shape>
struct Part {
  Shape shape;
  at::Tensor work;
  int64_t first;  // Picture.
  int64_t number;

  // Of all pictures' [batch, channels, height, width], this part's.
  const float* In(const at::Tensor& pictures) const { return pictures.const_data_ptr<float>() + Offset(pictures); }
  float* Out(const at::Tensor& pictures) const { return pictures.mutable_data_ptr<float>() + Offset(pictures); }

 private:
  int64_t Offset(const at::Tensor& pictures) const { return first * (pictures.numel() / pictures.size(0)); }
};

template <typename Shape, typename Call>
void ForParts(const Shape& shape, int64_t parts, const Call& call) {
  InParts(shape.batch, parts, [&](int64_t number, int64_t begin, int64_t end) {
    Shape of_part = shape;
    of_part.batch = end - begin;
    call(Part<Shape>{of_part, Floats(shape.WorkFloats()), begin, number});
  });
}

// The sum of what call(part, gradient) adds to a gradient of its own for each part.
template <typename Shape, typename Call>
at::Tensor SumOverParts(const Shape& shape, const Call& call) {
  constexpr int64_t kMostFloats = int64_t{64} << 20;
  const int64_t floats = shape.WeightFloats(), parts = PartsOf(shape.batch, kMostFloats / floats);
  const at::Tensor gradients = at::zeros({parts, floats}, at::kFloat);
  ForParts(shape, parts, [&](const Part<Shape>& part) { call(part, Out(gradients) + part.number * floats); });
  at::Tensor sum = gradients[0];
  for (int64_t i = 1; i < parts; ++i) sum.add_(gradients[i]);
  return sum;
}

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
    const at::Tensor sum = SumOverParts(shape, [&](const Part<Shape>& part, float* gradient) {
      WinogradKernel().weight_gradient(part.shape, part.In(x), part.In(dy), Out(part.work), gradient);
    });
    GradientOfWeights(shape, In(sum), Out(dw));
  }

 private:
  static at::Tensor Convolve(const Shape& shape, const at::Tensor& x, const at::Tensor& transformed) {
    const at::Tensor y = Pictures(shape.batch, shape.out, shape.height, shape.width);
    ForParts(shape, PartsOf(shape.batch), [&](const Part<Shape>& part) {
      WinogradKernel().forward(part.shape, part.In(x), In(transformed), Out(part.work), part.Out(y));
    });
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
    ForParts(shape, PartsOf(shape.batch), [&](const Part<Shape>& part) {
      StridedKernel().forward(part.shape, part.In(x), In(packed), Out(part.work), part.Out(y));
    });
    return y;
  }
  static at::Tensor InputGradient(const Shape& shape, const at::Tensor& weight, const at::Tensor& dy) {
    const at::Tensor packed = Floats(shape.WeightFloats());
    PackTurnedWeights(shape, In(weight), Out(packed));
    const at::Tensor dx = Pictures(shape.batch, shape.in, shape.height, shape.width);
    ForParts(shape, PartsOf(shape.batch), [&](const Part<Shape>& part) {
      StridedKernel().input_gradient(part.shape, part.In(dy), In(packed), part.Out(dx));
    });
    return dx;
  }
  static void WeightGradient(const Shape& shape, const at::Tensor& x, const at::Tensor& dy, const at::Tensor& dw) {
    const at::Tensor sum = SumOverParts(shape, [&](const Part<Shape>& part, float* gradient) {
      StridedKernel().weight_gradient(part.shape, part.In(x), part.In(dy), Out(part.work), gradient);
    });
    UnpackGradient(shape, In(sum), Out(dw));
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
  if (!x.is_cpu() || x.scalar_type() != at::kFloat || Autocast::OnCpu()) return false;
  return stride == 1 ? WinogradPays(x, weight) : stride == 2 && Strided::ShapeOf(x, weight).Possible();
}

at::Tensor KernelConvolve(const at::Tensor& x, const at::Tensor& weight, int64_t stride) {
  return stride == 1 ? ConvolutionBy<Winograd>::apply(x, weight) : ConvolutionBy<Strided>::apply(x, weight);
}

}  // namespace shoal
