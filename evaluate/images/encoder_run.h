// EncoderRun: what a training of an image encoder left in its output folder, as encoders of pictures: the trained
// backbone, and the same net as it was before the first step, beside which it is measured. Torch stays behind it.
//
// Thread rule: one owner at a time, who uses one of the encoders at a time. The encoders are views into it.

#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "worker/models/backbone.h"
#include "worker/models/contrastive_learner.h"
#include "worker/probes/picture_features.h"

namespace shoal {

class EncoderRun {
 public:
  // `folder` is the output folder of a run; Torch computes with `threads`. NotFound, FailedPrecondition: it is none, or
  // one of something else than an encoder, or one that has not ended. DataLoss: its backbone is broken.
  static absl::StatusOr<EncoderRun> Open(const std::string& folder, uint32_t threads);

  const BackboneDescription& description() const { return backbone_->description(); }
  // Both look at the same views: those of the run's evaluation.
  FeatureEncoder Trained() const;
  FeatureEncoder Untrained() const;

 private:
  AugmentationSettings views_;
  std::unique_ptr<Backbone> backbone_;
  std::unique_ptr<ContrastiveLearner> untrained_;
};

}  // namespace shoal
