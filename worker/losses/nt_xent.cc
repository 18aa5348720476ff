#include "worker/losses/nt_xent.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/mm.h>

#include <algorithm>
#include <limits>

namespace shoal {
namespace {

void Watch(const at::Tensor& cosines, const at::Tensor& own, const at::Tensor& positives, ContrastiveLoss* result) {
  const at::NoGradGuard no_gradient;
  // Of a batch of one picture, 0 by 1.
  const int64_t negatives = std::max<int64_t>(1, cosines.size(1) - 2);
  const auto of_positives = cosines.gather(1, positives.unsqueeze(1)), of_own = cosines.gather(1, own.unsqueeze(1));
  result->positive_similarity = of_positives.mean();
  result->negative_similarity =
      (cosines.sum() - of_own.sum() - of_positives.sum()) / static_cast<double>(cosines.size(0) * negatives);
  const auto others = cosines.scatter(1, own.unsqueeze(1), -std::numeric_limits<float>::infinity());
  result->accuracy = others.argmax(1).eq(positives).to(at::kFloat).mean();
}

}  // namespace

ContrastiveLoss NtXentLoss(const at::Tensor& anchors, const at::Tensor& all, int64_t first, double temperature) {
  const int64_t views = anchors.size(0), pictures = views / 2;
  const auto index = at::arange(views, anchors.options().dtype(at::kLong));
  // The other view of row i stands half the anchors on, around the end.
  const auto own = index + first, positives = (index + pictures).remainder(views) + first;
  const auto cosines = at::mm(anchors, all.t());
  // An anchor is not its own negative.
  const auto logits = (cosines / temperature).scatter(1, own.unsqueeze(1), -std::numeric_limits<float>::infinity());
  ContrastiveLoss result{.loss = at::cross_entropy_loss(logits, positives)};
  Watch(cosines, own, positives, &result);
  return result;
}

}  // namespace shoal
