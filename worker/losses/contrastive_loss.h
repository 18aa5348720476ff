// ContrastiveLoss: what a contrastive loss saw, for those who watch a training. A value.

#pragma once

#include <ATen/core/Tensor.h>

namespace shoal {

struct ContrastiveLoss {
  at::Tensor loss;  // A scalar, the mean over the anchors; differentiable.
  // Means of the cosines of anchors with their positives, and with their negatives; the share of anchors whose positive
  // is nearer than all negatives.
  double positive_similarity = 0;
  double negative_similarity = 0;
  double accuracy = 0;
};

}  // namespace shoal
