#include "worker/models/candidate_rows.h"

#include <ATen/ops/empty.h>

#include <algorithm>

#include "worker/augment/host_values.h"

namespace shoal {

at::Tensor CandidateRows::Take(std::span<const float> candidates, std::optional<std::span<const int64_t>> changed) {
  const at::Tensor given = OnDevice(candidates, {-1, dim_}, at::kCPU);
  if (!place_.apart) return given;
  if (!changed || !rows_.defined() || rows_.size(0) != given.size(0)) {
    return rows_ = given.to(place_.device, /*non_blocking=*/false, /*copy=*/true);
  }
  const at::Tensor numbers = OnDevice(*changed, {-1}, at::kCPU);
  rows_.index_copy_(0, numbers.to(place_.device), given.index_select(0, numbers).to(place_.device));
  return rows_;
}

}  // namespace shoal
