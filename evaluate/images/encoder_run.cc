#include "evaluate/images/encoder_run.h"

#include <utility>

#include "common/status.h"
#include "evaluate/images/encoder_folder.h"
#include "worker/models/backbone_description.h"
#include "worker/objectives/contrastive_settings.h"

namespace shoal {
namespace {

// The net of the run as it began: the job's seed gives the same bits.
absl::StatusOr<std::unique_ptr<ContrastiveLearner>> UntrainedNet(const job::Job& job,
                                                                 const BackboneDescription& description, int threads) {
  return ContrastiveLearner::Create(
      LearnerSettingsOf(job, /*pictures=*/1, static_cast<int>(description.image_size), threads));
}

}  // namespace

absl::StatusOr<EncoderRun> EncoderRun::Open(const std::string& folder, uint32_t threads) {
  ASSIGN_OR_RETURN(const job::Job job,
                   ReadEncodersJob(folder, Cat("words are measured by shoal evaluate words ", folder)));
  EncoderRun run;
  ASSIGN_OR_RETURN(run.backbone_, Backbone::Load(BackbonePath(folder), static_cast<int>(threads)));
  const BackboneDescription& description = run.backbone_->description();
  ASSIGN_OR_RETURN(run.views_, ViewsOf(job, description));
  ASSIGN_OR_RETURN(run.untrained_, UntrainedNet(job, description, static_cast<int>(threads)));
  if (run.untrained_->features() != run.backbone_->features()) {
    return FailedPrecondition(folder, ": ", kBackboneFileName, " has ", run.backbone_->features(),
                              " features, the net of its job ", run.untrained_->features(), "; are both of one run?");
  }
  return run;
}

FeatureEncoder EncoderRun::Trained() const {
  return {.dim = static_cast<uint32_t>(backbone_->features()),
          .views = views_,
          .compute = [backbone = backbone_.get()](std::span<const float> pictures, std::span<float> features) {
            return backbone->Features(pictures, features);
          }};
}

FeatureEncoder EncoderRun::Untrained() const {
  return {.dim = static_cast<uint32_t>(untrained_->features()),
          .views = views_,
          .compute = [net = untrained_.get()](std::span<const float> pictures, std::span<float> features) {
            return net->Features(pictures, features);
          }};
}

}  // namespace shoal
