// ContrastiveLoss: what a contrastive loss saw, for those who watch a training. A value.
//
// All are scalars where the loss was computed: to look at one is to wait for a GPU.

#pragma once

#include <ATen/core/Tensor.h>

namespace shoal {

struct ContrastiveLoss {
  at::Tensor loss;  // The mean over the anchors; differentiable.
  // Means of the cosines of anchors with their positives, and with their negatives; the share of anchors whose positive
  // is nearer than all negatives.
  at::Tensor positive_similarity;
  at::Tensor negative_similarity;  // 0 where there are none.
  at::Tensor accuracy;
};

}  // namespace shoal
