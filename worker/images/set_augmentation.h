// AugmentationOf: how a job draws views of a set's pictures, where the job is silent by what the set is.
//
// Pure function; safe from any thread.

#pragma once

#include "absl/status/statusor.h"
#include "common/job/augmentation_settings.h"
#include "data/images/image_file.h"
#include "proto/job.pb.h"

namespace shoal {

// By the job's recipe and changes; normalised by the set's own statistics, and of its pictures' usual size, where the
// job gives none. InvalidArgument names the field at fault.
absl::StatusOr<AugmentationSettings> AugmentationOf(const job::Job& job, const ImageFile& images);

}  // namespace shoal
