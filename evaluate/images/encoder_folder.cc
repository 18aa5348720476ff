#include "evaluate/images/encoder_folder.h"

#include <filesystem>

#include "common/files.h"
#include "common/job/augmentation_job.h"
#include "common/job/job.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr std::string_view kJobFileName = "job.textproto";

}  // namespace

std::string BackbonePath(const std::string& folder) { return Cat(folder, "/", kBackboneFileName); }

absl::StatusOr<job::Job> ReadEncodersJob(const std::string& folder, std::string_view otherwise) {
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
    return FailedPrecondition(folder, ": the run trained no image encoder; ", otherwise);
  }
  if (!std::filesystem::exists(BackbonePath(folder), ignored)) {
    return NotFound(folder, ": there is no ", kBackboneFileName,
                    " in it, which a training writes at its end; let the run end first");
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

}  // namespace shoal
