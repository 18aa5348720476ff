#include "worker/images/set_augmentation.h"

#include <algorithm>

#include "common/job/augmentation_job.h"
#include "common/status.h"

namespace shoal {

absl::StatusOr<AugmentationSettings> AugmentationOf(const job::Job& job, const ImageFile& images) {
  // A set is judged by its first picture.
  PictureTraits pictures{.shorter_side = std::min(images.width(0), images.height(0))};
  for (int channel = 0; channel < 3; ++channel) {
    pictures.mean[channel] = static_cast<float>(images.statistics().mean[channel]);
    // A set of one colour has no deviation to divide by.
    pictures.std[channel] = static_cast<float>(std::max(images.statistics().deviation[channel], 1.0 / 255));
  }
  return SettingsOf(job.encoder().augmentation(), pictures, "encoder.augmentation");
}

}  // namespace shoal
