#include "worker/losses/momentum_contrast.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/logaddexp.h>
#include <ATen/ops/mm.h>

namespace shoal {

ContrastiveLoss MomentumContrastLoss(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& queue,
                                     double temperature) {
  const auto sharpened = queries / temperature;
  const auto positive = (sharpened * keys.detach()).sum(1);      // [batch]
  const auto negatives = at::mm(sharpened, queue.detach().t());  // [batch, K]
  ContrastiveLoss result{.loss = (at::logaddexp(positive, negatives.logsumexp(1)) - positive).mean()};

  const at::NoGradGuard no_gradient;
  result.positive_similarity = positive.mean() * temperature;
  result.negative_similarity = negatives.mean() * temperature;
  result.accuracy = (positive > negatives.amax(1)).to(at::kFloat).mean();
  return result;
}

}  // namespace shoal
