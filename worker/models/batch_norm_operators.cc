#include "worker/models/batch_norm_operators.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/full.h>
#include <ATen/ops/rsqrt.h>
#include <ATen/ops/stack.h>

#include <vector>

#include "worker/models/gather_rows.h"

namespace shoal {
namespace {

at::Tensor Normalise(const at::Tensor& x, const BatchNormTensors& tensors, const BatchNormMode& mode) {
  return at::batch_norm(x, tensors.weight, tensors.bias, tensors.running_mean, tensors.running_var, mode.training,
                        mode.running_share, kBatchNormEpsilon, /*cudnn_enabled=*/true);
}

// Each part by itself; the running statistics follow the parts' mean.
at::Tensor NormaliseParts(const at::Tensor& x, const BatchNormTensors& tensors, const BatchNormMode& mode) {
  std::vector<at::Tensor> normalised, means, vars;
  for (const at::Tensor& part : x.chunk(mode.parts)) {
    BatchNormTensors of_part = tensors;
    means.push_back(of_part.running_mean = tensors.running_mean.clone());
    vars.push_back(of_part.running_var = tensors.running_var.clone());
    normalised.push_back(Normalise(part, of_part, mode));
  }
  tensors.running_mean.copy_(at::stack(means).mean(0));
  tensors.running_var.copy_(at::stack(vars).mean(0));
  return at::cat(normalised);
}

// By the statistics of all workers' batches: sums of distances from the running mean, as BatchNorm has them.
at::Tensor NormaliseTogether(const at::Tensor& x, const BatchNormTensors& tensors, const BatchNormMode& mode) {
  const int64_t channels = x.size(1);
  const std::vector<int64_t> others = x.dim() == 4 ? std::vector<int64_t>{0, 2, 3} : std::vector<int64_t>{0};
  const auto spread = [&](const at::Tensor& of_channels) {
    return x.dim() == 4 ? of_channels.view({1, channels, 1, 1}) : of_channels.view({1, channels});
  };
  // In float32, whatever x is in: bfloat16 would round the count of rows.
  const at::Tensor distances = x.to(at::kFloat) - spread(tensors.running_mean.clone());
  const at::Tensor rows = at::full({1}, static_cast<double>(x.numel() / channels), distances.options());
  const at::Tensor own = at::cat({distances.sum(others), (distances * distances).sum(others), rows});
  const at::Tensor sums = GatherRows(own.unsqueeze(0), mode.exchange).sum(0);
  const at::Tensor count = sums.narrow(0, 2 * channels, 1).detach();
  const at::Tensor mean = sums.narrow(0, 0, channels) / count;
  const at::Tensor var = (sums.narrow(0, channels, channels) / count - mean * mean).clamp_min(0);
  {
    const at::NoGradGuard no_gradient;
    // Without bias, as torchvision's. The distance's mean is how far the running mean has to go.
    tensors.running_mean.add_(mean, mode.running_share);
    tensors.running_var.lerp_(var * count / (count - 1).clamp_min(1), mode.running_share);
  }
  at::Tensor y = (distances - spread(mean)) * spread(at::rsqrt(var + kBatchNormEpsilon));
  if (tensors.weight.defined()) y = y * spread(tensors.weight) + spread(tensors.bias);
  return y.to(x.scalar_type());
}

}  // namespace

at::Tensor NormaliseByOperators(const at::Tensor& x, const BatchNormTensors& tensors, const BatchNormMode& mode) {
  if (!mode.training) return Normalise(x, tensors, mode);
  switch (mode.kind) {
    case BatchNormKind::kLocal:
      return Normalise(x, tensors, mode);
    case BatchNormKind::kSplit:
      return NormaliseParts(x, tensors, mode);
    case BatchNormKind::kSynchronised:
      break;
  }
  return NormaliseTogether(x, tensors, mode);
}

}  // namespace shoal
