#include "evaluate/images/encoder_run.h"

#include <filesystem>
#include <utility>

#include "common/files.h"
#include "common/job/augmentation_job.h"
#include "common/job/job.h"
#include "common/status.h"
#include "worker/models/backbone_description.h"
#include "worker/objectives/contrastive_settings.h"

namespace shoal {
namespace {

constexpr std::string_view kJobFileName = "job.textproto";

absl::StatusOr<job::Job> ReadRunsJob(const std::string& folder) {
  const std::string path = Cat(folder, "/", kJobFileName);
  std::error_code ignored;
  if (!std::filesystem::is_directory(folder, ignored)) {
    return NotFound(folder, ": no such folder; give the output folder of a run that trained an image encoder");
  }
  const absl::StatusOr<std::string> text = ReadFile(path, kMaxJobBytes);
  if (absl::IsNotFound(text.status())) {
    return NotFound(folder, " is no output folder of a run: there is no ", kJobFileName, " in it");
  }
  RETURN_IF_ERROR(text.status());
  ASSIGN_OR_RETURN(job::Job job, ParseJob(*text, path));
  if (!job.has_encoder()) {
    return FailedPrecondition(folder, ": the run trained no image encoder; words are measured by shoal evaluate words ",
                              folder);
  }
  return job;
}

absl::StatusOr<AugmentationSettings> ViewsOf(const job::Job& job, const BackboneDescription& description) {
  job::Augmentation augmentation = job.encoder().augmentation();
  augmentation.set_size(static_cast<uint32_t>(description.image_size));
  augmentation.clear_mean();
  augmentation.clear_std();
  return SettingsOf(augmentation,
                    {.shorter_side = static_cast<int>(description.image_size),
                     .mean = description.normalisation.mean,
                     .std = description.normalisation.deviation},
                    "encoder.augmentation");
}

// The net of the run as it began: the job's seed gives the same bits.
absl::StatusOr<std::unique_ptr<ContrastiveLearner>> UntrainedNet(const job::Job& job,
                                                                 const BackboneDescription& description, int threads) {
  job::Job in_full_precision = job;
  in_full_precision.mutable_encoder()->set_precision(job::ImageEncoder::FP32);
  ASSIGN_OR_RETURN(LearnerSettings settings, LearnerSettingsOf(in_full_precision, /*pictures=*/1,
                                                               static_cast<int>(description.image_size), threads));
  return ContrastiveLearner::Create(settings);
}

}  // namespace

absl::StatusOr<EncoderRun> EncoderRun::Open(const std::string& folder, uint32_t threads) {
  ASSIGN_OR_RETURN(const job::Job job, ReadRunsJob(folder));
  const std::string path = Cat(folder, "/", kBackboneFileName);
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) {
    return NotFound(folder, ": there is no ", kBackboneFileName,
                    " in it, which a training writes at its end; let the run end first");
  }
  EncoderRun run;
  ASSIGN_OR_RETURN(run.backbone_, Backbone::Load(path, static_cast<int>(threads)));
  const BackboneDescription& description = run.backbone_->description();
  ASSIGN_OR_RETURN(run.views_, ViewsOf(job, description));
  ASSIGN_OR_RETURN(run.untrained_, UntrainedNet(job, description, static_cast<int>(threads)));
  if (run.untrained_->features() != run.backbone_->features()) {
    return FailedPrecondition(folder, ": ", kBackboneFileName, " has ", run.backbone_->features(),
                              " features, the net of ", kJobFileName, " ", run.untrained_->features(),
                              "; are both of one run?");
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
