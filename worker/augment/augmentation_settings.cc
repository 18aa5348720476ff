#include "worker/augment/augmentation_settings.h"

#include <algorithm>
#include <string_view>

#include "common/status.h"

namespace shoal {
namespace {

// SimCLR blurs with a kernel of a tenth of the side, an odd number of pixels.
int BlurKernel(int size) { return std::min(std::max(3, size / 10 | 1), 2 * size - 1); }

void JitterBy(double brightness, double contrast, double saturation, double hue, AugmentationSettings* settings) {
  settings->brightness = brightness;
  settings->contrast = contrast;
  settings->saturation = saturation;
  settings->hue = hue;
}

absl::Status CheckRange(std::string_view name, const Range& range, double above, double at_most) {
  if (range.least > above && range.least <= range.most && range.most <= at_most) return absl::OkStatus();
  return InvalidArgument(name, " is from ", range.least, " to ", range.most, "; it must rise, from above ", above,
                         " to at most ", at_most);
}

absl::Status CheckNumber(std::string_view name, double value, double at_least, double at_most) {
  if (value >= at_least && value <= at_most) return absl::OkStatus();
  return InvalidArgument(name, " is ", value, ", not in ", at_least, "..", at_most);
}

absl::Status CheckBlur(const AugmentationSettings& settings) {
  RETURN_IF_ERROR(CheckRange("blur_sigma", settings.blur_sigma, 0, 1000));
  if (settings.blur_kernel % 2 == 0 || settings.blur_kernel < 1 ||
      settings.blur_kernel > AugmentationSettings::kMaxBlurKernel) {
    return InvalidArgument("blur_kernel is ", settings.blur_kernel, ", not an odd number in 1..",
                           AugmentationSettings::kMaxBlurKernel);
  }
  if (settings.blur_kernel / 2 >= settings.size) {
    return InvalidArgument("blur_kernel is ", settings.blur_kernel, ", too wide for views of ", settings.size,
                           " pixels, whose border is mirrored once; use ", 2 * settings.size - 1, " at most");
  }
  return absl::OkStatus();
}

}  // namespace

AugmentationSettings RecipeSettings(AugmentationRecipe recipe, int size) {
  AugmentationSettings settings;
  settings.size = size;
  const bool small = size <= kSmallPictureSize;
  settings.evaluation_crop = small ? 1 : 0.875;
  settings.blur_kernel = BlurKernel(size);
  switch (recipe) {
    case AugmentationRecipe::kSimClr: {
      const double strength = small ? 0.5 : 1;
      JitterBy(0.8 * strength, 0.8 * strength, 0.8 * strength, 0.2 * strength, &settings);
      if (!small) settings.blur_probability = {0.5, 0.5};
      break;
    }
    case AugmentationRecipe::kMocoV1:
      settings.crop_scale.least = 0.2;
      settings.jitter_probability = 1;
      JitterBy(0.4, 0.4, 0.4, 0.4, &settings);
      settings.grey_before_jitter = true;
      break;
    case AugmentationRecipe::kMocoV2:
      settings.crop_scale.least = 0.2;
      JitterBy(0.4, 0.4, 0.4, 0.1, &settings);
      if (!small) settings.blur_probability = {0.5, 0.5};
      break;
    case AugmentationRecipe::kNone:
      settings.random_crop = false;
      settings.flip_probability = settings.jitter_probability = settings.grey_probability = 0;
      break;
  }
  return settings;
}

absl::Status CheckAugmentation(const AugmentationSettings& settings) {
  RETURN_IF_ERROR(CheckNumber("size", settings.size, 1, AugmentationSettings::kMaxSize));
  RETURN_IF_ERROR(CheckRange("crop_scale", settings.crop_scale, 0, 1));
  RETURN_IF_ERROR(CheckRange("crop_ratio", settings.crop_ratio, 0, 1000));
  RETURN_IF_ERROR(CheckNumber("flip_probability", settings.flip_probability, 0, 1));
  RETURN_IF_ERROR(CheckNumber("jitter_probability", settings.jitter_probability, 0, 1));
  RETURN_IF_ERROR(CheckNumber("brightness", settings.brightness, 0, 100));
  RETURN_IF_ERROR(CheckNumber("contrast", settings.contrast, 0, 100));
  RETURN_IF_ERROR(CheckNumber("saturation", settings.saturation, 0, 100));
  RETURN_IF_ERROR(CheckNumber("hue", settings.hue, 0, 0.5));
  RETURN_IF_ERROR(CheckNumber("grey_probability", settings.grey_probability, 0, 1));
  for (const double p : settings.blur_probability) RETURN_IF_ERROR(CheckNumber("blur_probability", p, 0, 1));
  RETURN_IF_ERROR(CheckBlur(settings));
  for (const double p : settings.solarise_probability) RETURN_IF_ERROR(CheckNumber("solarise_probability", p, 0, 1));
  RETURN_IF_ERROR(CheckNumber("solarise_threshold", settings.solarise_threshold, 0, 256));
  RETURN_IF_ERROR(CheckNumber("evaluation_crop", settings.evaluation_crop, 0.1, 1));
  for (int channel = 0; channel < 3; ++channel) {
    RETURN_IF_ERROR(CheckNumber("mean", settings.mean[channel], 0, 1));
    RETURN_IF_ERROR(CheckNumber("std", settings.std[channel], 1e-6, 1000));
  }
  return absl::OkStatus();
}

}  // namespace shoal
