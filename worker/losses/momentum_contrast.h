// MomentumContrastLoss: InfoNCE of queries against their keys and a queue of earlier keys.
//
// With all embeddings equal the loss is ln(K + 1), K the keys in the queue. Keys and queue are constants: no gradient
// goes into them, whatever they are handed over as. The batch's own keys must not be in the queue yet: each query would
// then have its positive among its negatives.
//
// Thread rule: a function of its arguments.
// Source: He et al. 2020, "Momentum Contrast for Unsupervised Visual Representation Learning", equation 1, algorithm 1.

#pragma once

#include <ATen/core/Tensor.h>

#include "worker/losses/contrastive_loss.h"

namespace shoal {

// `queries` and `keys` [batch, dim], `queue` [K, dim], K at least 1; rows of length 1. The mean over the queries.
ContrastiveLoss MomentumContrastLoss(const at::Tensor& queries, const at::Tensor& keys, const at::Tensor& queue,
                                     double temperature);

}  // namespace shoal
