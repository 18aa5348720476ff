// GatherRows: the rows of all workers from each worker's own, with the gradient on its way back.
//
// Thread rule: that of the exchange, which outlives the gradient's pass.

#pragma once

#include <ATen/core/Tensor.h>

#include "worker/models/worker_group.h"

namespace shoal {

// `own` [n, dim], of as many rows on each worker, to [workers * n, dim] by rank. Backward: the sum over all workers of
// what they send to this worker's rows. Of a group of one: `own`.
at::Tensor GatherRows(const at::Tensor& own, GroupExchange* exchange);

}  // namespace shoal
