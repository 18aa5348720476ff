#include "common/job/augmentation_settings.h"

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

using Mistakes = std::vector<std::string>;

void CheckRange(std::string_view name, const Range& range, double above, double at_most, Mistakes* mistakes) {
  if (range.least > above && range.least <= range.most && range.most <= at_most) return;
  mistakes->push_back(Cat(name, "_min is ", range.least, " and ", name, "_max ", range.most,
                          "; they must rise, from above ", above, " to at most ", at_most));
}

void CheckNumber(std::string_view name, double value, double at_least, double at_most, Mistakes* mistakes) {
  if (value >= at_least && value <= at_most) return;
  mistakes->push_back(Cat(name, " is ", value, ", not in ", at_least, "..", at_most));
}

void CheckBlur(const AugmentationSettings& settings, Mistakes* mistakes) {
  CheckRange("blur_sigma", settings.blur_sigma, 0, 1000, mistakes);
  for (const double p : settings.blur_probability) CheckNumber("blur_probability", p, 0, 1, mistakes);
  if (settings.blur_kernel % 2 == 0 || settings.blur_kernel < 1 ||
      settings.blur_kernel > AugmentationSettings::kMaxBlurKernel) {
    mistakes->push_back(Cat("blur_kernel is ", settings.blur_kernel, ", not an odd number in 1..",
                            AugmentationSettings::kMaxBlurKernel));
  } else if (settings.blur_kernel / 2 >= settings.size) {
    mistakes->push_back(Cat("blur_kernel is ", settings.blur_kernel, ", too wide for views of ", settings.size,
                            " pixels, whose border is mirrored once; use ", 2 * settings.size - 1, " at most"));
  }
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

std::vector<std::string> AugmentationMistakes(const AugmentationSettings& settings) {
  Mistakes mistakes;
  CheckNumber("size", settings.size, 1, AugmentationSettings::kMaxSize, &mistakes);
  CheckRange("crop_scale", settings.crop_scale, 0, 1, &mistakes);
  CheckRange("crop_ratio", settings.crop_ratio, 0, 1000, &mistakes);
  CheckNumber("flip_probability", settings.flip_probability, 0, 1, &mistakes);
  CheckNumber("jitter_probability", settings.jitter_probability, 0, 1, &mistakes);
  CheckNumber("brightness", settings.brightness, 0, 100, &mistakes);
  CheckNumber("contrast", settings.contrast, 0, 100, &mistakes);
  CheckNumber("saturation", settings.saturation, 0, 100, &mistakes);
  CheckNumber("hue", settings.hue, 0, 0.5, &mistakes);
  CheckNumber("grey_probability", settings.grey_probability, 0, 1, &mistakes);
  CheckBlur(settings, &mistakes);
  for (const double p : settings.solarise_probability) CheckNumber("solarise_probability", p, 0, 1, &mistakes);
  CheckNumber("solarise_threshold", settings.solarise_threshold, 0, 256, &mistakes);
  CheckNumber("evaluation_crop", settings.evaluation_crop, 0.1, 1, &mistakes);
  for (int channel = 0; channel < 3; ++channel) {
    CheckNumber("mean", settings.mean[channel], 0, 1, &mistakes);
    CheckNumber("std", settings.std[channel], 1e-6, 1000, &mistakes);
  }
  return mistakes;
}

}  // namespace shoal
