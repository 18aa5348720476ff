#include "worker/images/set_augmentation.h"

#include <algorithm>

#include "common/job/augmentation_job.h"
#include "common/status.h"

namespace shoal {

absl::StatusOr<AugmentationSettings> AugmentationOf(const job::Job& job, const ImageFile& images) {
  PictureTraits pictures{.shorter_side = images.UsualSide()};
  const job::Augmentation& augmentation = job.encoder().augmentation();
  if (augmentation.size() == 0 && pictures.shorter_side < kSmallestEncodedSize) {
    return InvalidArgument(
        "encoder.augmentation.size is 0, for views of the pictures' own size, but their shorter sides ",
        "have usually ", pictures.shorter_side, " pixels, fewer than the ", kSmallestEncodedSize,
        " that a net can halve as often as it does; give a size, to which they are enlarged: ",
        "encoder.augmentation.size=32");
  }
  for (int channel = 0; channel < 3; ++channel) {
    pictures.mean[channel] = static_cast<float>(images.statistics().mean[channel]);
    // A set of one colour has no deviation to divide by.
    pictures.std[channel] = static_cast<float>(std::max(images.statistics().deviation[channel], 1.0 / 255));
  }
  return SettingsOf(augmentation, pictures, "encoder.augmentation");
}

}  // namespace shoal
