// SettingsOf: the job's Augmentation, with what the recipe and the set of pictures say where the job is silent.
//
// Thread rule: pure functions; safe from any thread.

#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/job/augmentation_settings.h"
#include "proto/augmentation.pb.h"

namespace shoal {

// What a set of pictures tells of itself.
struct PictureTraits {
  int shorter_side = 0;                             // Pixels, of a usual picture.
  std::array<float, 3> mean = {}, std = {1, 1, 1};  // Of levels in [0, 1].
};

// The side of a view where the job gives none.
int DefaultViewSize(int shorter_side);

// `path` is where `job` stands in the user's job. InvalidArgument has a line for each mistake, which begins with the
// path of the field at fault.
absl::StatusOr<AugmentationSettings> SettingsOf(const job::Augmentation& job, const PictureTraits& pictures,
                                                std::string_view path);

// The mistakes of `job` that are some whatever its pictures are, a line each.
std::vector<std::string> AugmentationMistakes(const job::Augmentation& job, std::string_view path);

}  // namespace shoal
