// ContrastiveLearner: all that a worker knows of an image encoder in training: one step from pictures to changed
// parameters, features for evaluation, state for checkpoints. Torch stays behind it.
//
// It does not know of servers, data or messages. The step loop hands it two augmented views of each picture and, as the
// method needs, the queue's keys or the bank's rows; sums over workers go through the functions of a WorkerGroup. With
// MoCo its owner brings the key encoder's parameters (the moving average, which servers hold) and takes the new keys.
//
// With accumulation a step's pictures are taken in parts, one after another, whose gradients are summed: what is
// kept for the backward pass is one part's. The loss is the whole step's, as its candidates do not change within it;
// batch normalisation is by each part's pictures (of all workers where it is synchronised). Where it is split, its
// parts are those of the whole step all the same, and accumulation changes roundings only.
//
// Thread rule: one owner at a time; Torch's threads are its own, `threads` of them, for the whole process. Spans that
// it returns are views into it, of the same place each time; what one shows, and what is written to one, counts until
// the next step: then it is to be asked for again. All are on the host, also where it computes on a GPU: they are
// copied when they are asked for, and what was written to them when a step begins.
//
// Sources: Chen et al. 2020, SimCLR, algorithm 1; He et al. 2020, "Momentum Contrast", algorithm 1; Wu et al. 2018,
// "Unsupervised Feature Learning via Non-Parametric Instance Discrimination", equations 2 to 8.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/models/backbone_description.h"
#include "worker/models/learner_settings.h"
#include "worker/models/step_input.h"
#include "worker/models/worker_group.h"

namespace shoal {

struct StepResult {
  double loss = 0;  // This worker's mean; the mean over workers is the whole batch's.
  // Means of cosines of anchors with their positives, and with their negatives; the share of anchors whose positive is
  // nearer than all negatives.
  double positive_similarity = 0;
  double negative_similarity = 0;
  double accuracy = 0;
  // The embeddings' standard deviation, the mean of their dimensions', times sqrt(dim): about 1 where they fill the
  // sphere, 0 where they have collapsed into a point.
  double spread = 0;
  double gradient_norm = 0;  // Of all workers' mean gradient, before clipping.
  // [pictures, dim], of length 1: with kMoco the new keys (with `symmetric` those of the second views, then those of
  // the first); else the embeddings.
  std::span<const float> embeddings;
};

class ContrastiveLearner {
 public:
  // InvalidArgument names the setting; FailedPrecondition: there is no such device. Workers with the same settings
  // begin with the same parameters.
  static absl::StatusOr<std::unique_ptr<ContrastiveLearner>> Create(const LearnerSettings& settings,
                                                                    WorkerGroup group = {});
  virtual ~ContrastiveLearner() = default;

  // InvalidArgument where a span's size is not what the settings and the other spans say; nothing has changed then.
  // FailedPrecondition where the gradient is not finite: on all workers then, as it is the sum over all. After that,
  // and after an error of the group or of Torch, the parameters are as they were but running statistics are not to be
  // trusted: go on from a saved state, in another learner.
  virtual absl::StatusOr<StepResult> Step(const StepInput& input) = 0;

  // Memory for a step's views, which its device reads the quickest. Safe from any thread, and outlives the learner.
  virtual std::shared_ptr<uint8_t[]> ViewMemory(size_t bytes) = 0;

  // Features [n, features()] of `pictures` [n, size, size, 3] by the running statistics, into `features`. The pictures
  // are taken in batches, so n has no limit.
  virtual absl::Status Features(std::span<const float> pictures, std::span<float> features) = 0;

  // The backbone without its head, under torchvision's names (docs/formats/encoders.md); `normalisation` is what the
  // pictures of its training had. The file appears whole or not at all.
  virtual absl::Status ExportBackbone(const std::string& path, const PictureNormalisation& normalisation) const = 0;

  virtual int64_t features() const = 0;  // Width of a feature row.
  virtual int64_t dim() const = 0;       // Width of an embedding.
  virtual uint64_t steps() const = 0;    // Taken so far, before the last LoadState too.

  // The trained parameters, in one fixed order, the same for query and key encoder.
  virtual std::span<const float> QueryParameters() const = 0;
  // Those of the key encoder, for their owner to set before a step: at first equal to the query encoder's. Empty but
  // with kMoco.
  virtual std::span<float> KeyParameters() = 0;
  // The query encoder's running means and variances of batch normalisation, which a step changes by this worker's
  // pictures but with kSynchronised. A step depends on them by its roundings.
  virtual std::span<float> RunningStatistics() = 0;
  // Those of the key encoder. Empty but with kMoco.
  virtual std::span<float> KeyRunningStatistics() = 0;

  // Everything that makes training go on to the bit, in StateFloats() floats. StateLayout says what they are, a line
  // for each tensor: a state is loaded into a learner of the same layout only, which is the caller's to compare.
  virtual size_t StateFloats() const = 0;
  virtual std::string StateLayout() const = 0;
  virtual absl::Status SaveState(std::span<float> state) const = 0;
  virtual absl::Status LoadState(std::span<const float> state) = 0;
};

}  // namespace shoal
