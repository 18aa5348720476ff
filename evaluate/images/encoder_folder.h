// The output folder of a run that trained an image encoder, as far as it is read without Torch: for those who measure
// the encoder, and those who hand it on.
//
// Thread rule: functions are safe from any thread.

#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/job/augmentation_settings.h"
#include "proto/job.pb.h"
#include "worker/models/backbone_description.h"

namespace shoal {

// The job of the run in `folder`, whose backbone is there. NotFound: no folder, no run's, or one that has not ended.
// FailedPrecondition: a run of something else; the message ends with `otherwise`, what to do with one.
absl::StatusOr<job::Job> ReadEncodersJob(const std::string& folder, std::string_view otherwise);

// Where its backbone is.
std::string BackbonePath(const std::string& folder);

// The views by which the run's encoder is measured.
absl::StatusOr<AugmentationSettings> ViewsOf(const job::Job& job, const BackboneDescription& description);

}  // namespace shoal
