#include "worker/models/convolution.h"

#include <ATen/ops/conv2d.h>

#include <cmath>

#include "worker/models/kernel_convolution.h"

namespace shoal {

Convolution::Convolution(const std::string& name, int64_t in, int64_t out, int64_t kernel, int64_t stride,
                         ModelTensors* tensors)
    : stride_(stride), padding_(kernel / 2) {
  const double deviation = std::sqrt(2.0 / (out * kernel * kernel));
  weight_ = tensors->AddParameter(name + ".weight", {out, in, kernel, kernel},
                                  {Initialisation::Kind::kNormal, deviation}, /*decays=*/true);
}

at::Tensor Convolution::Forward(const at::Tensor& x) const {
  if (KernelPays(x, weight_->tensor, stride_)) return KernelConvolve(x, weight_->tensor, stride_);
  // Not at::convolution, which autocasting does not know of on the CPU.
  return at::conv2d(x, weight_->tensor, /*bias=*/{}, {stride_, stride_}, {padding_, padding_});
}

}  // namespace shoal
