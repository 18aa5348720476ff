// WorkerGroup: how a learner reaches the learners of the other workers, as functions that its owner gives.
//
// All workers call in the same order with the same sizes: that order follows from the net and the settings. The
// functions are called from the learner's thread, some of them in the middle of a backward pass; they must not call the
// learner. An error ends the step that met it; the learner keeps it and takes no further step.
//
// Thread rule: a value; whoever made the functions keeps what they refer to.

#pragma once

#include <functional>
#include <span>
#include <utility>

#include "absl/status/status.h"

namespace shoal {

struct WorkerGroup {
  int rank = 0;
  int size = 1;

  // Below, what a group of more than one worker needs.

  // Sums over all workers, in place, of floats on the host; below, floats are where the learner computes, which with
  // Device::kCuda is the GPU.
  std::function<absl::Status(std::span<float> values)> sum;
  // `all` [size * own.size()] becomes everyone's `own`, by rank.
  std::function<absl::Status(std::span<const float> own, std::span<float> all)> gather;
  // Begins to sum a bucket of gradients, of parameters or of rows that were gathered, over all workers, in place, and
  // may return before that is done: the bucket is not touched until `finish_gradients`, which returns when all that
  // were begun are done.
  std::function<absl::Status(std::span<float> bucket)> begin_gradients;
  std::function<absl::Status()> finish_gradients;
};

// A group's functions where no Status can be returned: between Torch's operators. The first error stays, and what is
// called after it does nothing; who began the pass looks at `status` at its end.
class GroupExchange {
 public:
  explicit GroupExchange(WorkerGroup group) : group_(std::move(group)) {}

  int rank() const { return group_.rank; }
  int size() const { return group_.size; }
  const absl::Status& status() const { return status_; }

  // Of a group of one, all of these do nothing.
  void Sum(std::span<float> values) {
    if (Reachable()) status_ = group_.sum(values);
  }
  void Gather(std::span<const float> own, std::span<float> all) {
    if (Reachable()) status_ = group_.gather(own, all);
  }
  void BeginGradients(std::span<float> bucket) {
    if (Reachable()) status_ = group_.begin_gradients(bucket);
  }
  void FinishGradients() {
    if (Reachable()) status_ = group_.finish_gradients();
  }

 private:
  bool Reachable() const { return group_.size > 1 && status_.ok(); }

  WorkerGroup group_;
  absl::Status status_;
};

}  // namespace shoal
