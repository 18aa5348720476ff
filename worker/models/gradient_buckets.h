// GradientBuckets: the gradients of a model in a few large pieces, each handed over as soon as it is complete, so that
// workers sum the last layers' gradients while the first layers' are still being computed.
//
// A backward pass completes gradients from the last layer to the first; the flat gradients of ModelTensors lie in the
// layers' order, so a bucket is a range of them, cut from the end. Buckets are handed over in that order whatever order
// they are completed in: all workers then sum them in the same order.
//
// Thread rule: that of the ModelTensors, which must outlive it; one GradientBuckets per ModelTensors.
// Source: Li et al. 2020, "PyTorch Distributed: Experiences on Accelerating Data Parallel Training", section 3.2.3.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "worker/models/model_tensors.h"

namespace shoal {

class GradientBuckets {
 public:
  // Called in the middle of a backward pass, from its thread; the floats are where the gradients' tensors lie.
  using WhenComplete = std::function<void(std::span<float> bucket)>;

  // Buckets of at least `bucket_floats`, but the one of the first layers, which takes what is left. A parameter lies in
  // one bucket.
  GradientBuckets(size_t bucket_floats, WhenComplete when_complete, ModelTensors* tensors);
  ~GradientBuckets();
  GradientBuckets(const GradientBuckets&) = delete;
  GradientBuckets& operator=(const GradientBuckets&) = delete;

  // Before `passes` backward passes, whose gradients are summed: gradients become 0. Buckets are handed over in the
  // last.
  void Begin(int passes = 1);
  // After them: hands over the buckets that are not complete, as some parameters may not have had a part in a loss.
  void Finish();

  size_t buckets() const { return buckets_.size(); }

 private:
  class Hook;
  struct Bucket {
    size_t offset = 0, size = 0, parameters = 0;
    size_t incomplete = 0;  // Gradients of parameters that the passes have yet to add.
  };
  void Cut(size_t bucket_floats);
  void Complete(size_t bucket);
  void HandOver(bool incomplete_too);

  const WhenComplete when_complete_;
  ModelTensors* const tensors_;
  std::vector<Bucket> buckets_;  // From the last layers to the first.
  size_t next_ = 0;              // To be handed over.
};

}  // namespace shoal
