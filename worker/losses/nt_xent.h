// NtXentLoss: the normalised, temperature-scaled cross entropy of SimCLR, within a worker and across workers.
//
// Two views of each picture: an anchor should be nearer to its other view than to the 2B - 2 views of other pictures of
// all workers. With all embeddings equal the loss is ln(2B - 1).
//
// Thread rule: a function of its arguments; differentiable in both tensors.
// Source: Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", equation 1.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "worker/losses/contrastive_loss.h"

namespace shoal {

// `anchors` [2b, dim], rows of length 1: the first views of this worker's b pictures, then their second views. `all`
// [2B, dim]: the anchors of all workers, this worker's from row `first` on (of one worker: the anchors, 0). The mean
// over this worker's anchors; the mean of the workers' losses is the loss of the whole batch.
ContrastiveLoss NtXentLoss(const at::Tensor& anchors, const at::Tensor& all, int64_t first, double temperature);

}  // namespace shoal
