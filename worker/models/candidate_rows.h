// CandidateRows: the rows that a step's embeddings are told apart from, on the learner's device.
//
// On the CPU they are the caller's own. Elsewhere they stay from step to step, and only the rows that changed are
// copied: a queue of 65,536 keys or a bank of a million pictures would take longer on its way than the step.
//
// Thread rule: one owner at a time. Take throws as Torch does.

#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <span>

#include "worker/models/model_tensors.h"

namespace shoal {

class CandidateRows {
 public:
  // Rows of `dim` floats, `apart` from the caller's memory where the place is.
  CandidateRows(const TensorPlace& place, int64_t dim) : place_(place), dim_(dim) {}

  // [rows, dim] `candidates` until the next Take, of which `changed` are all rows that are not as the last Take's were;
  // without a value, or of another number of rows than then, all are taken anew.
  at::Tensor Take(std::span<const float> candidates, std::optional<std::span<const int64_t>> changed);

 private:
  const TensorPlace place_;
  const int64_t dim_;
  at::Tensor rows_;  // Apart; undefined before the first Take.
};

}  // namespace shoal
