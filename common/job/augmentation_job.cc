#include "common/job/augmentation_job.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_join.h"
#include "common/status.h"

namespace shoal {
namespace {

AugmentationRecipe RecipeOf(job::Augmentation::Recipe recipe) {
  switch (recipe) {
    case job::Augmentation::SIMCLR:
      return AugmentationRecipe::kSimClr;
    case job::Augmentation::MOCO_V1:
      return AugmentationRecipe::kMocoV1;
    case job::Augmentation::MOCO_V2:
      return AugmentationRecipe::kMocoV2;
    case job::Augmentation::NONE:
      break;
  }
  return AugmentationRecipe::kNone;
}

// A job's number in place of the recipe's, where it gives one.
void Override(double number, double* setting) {
  if (number >= 0) *setting = number;
}

// Of both views, and of the second where that has one of its own.
void OverridePair(double first, double second, std::array<double, 2>* setting) {
  Override(first, &(*setting)[0]);
  Override(first, &(*setting)[1]);
  Override(second, &(*setting)[1]);
}

void OverrideChannels(const google::protobuf::RepeatedField<double>& numbers, std::string_view path,
                      std::array<float, 3>* setting, std::vector<std::string>* mistakes) {
  if (numbers.empty()) return;
  if (numbers.size() != 3) {
    mistakes->push_back(Cat(path, " has ", numbers.size(), " numbers, not three (red, green, blue) or none"));
    return;
  }
  std::copy(numbers.begin(), numbers.end(), setting->begin());
}

void OverrideNumbers(const job::Augmentation& job, AugmentationSettings* settings) {
  Override(job.crop_scale_min(), &settings->crop_scale.least);
  Override(job.crop_scale_max(), &settings->crop_scale.most);
  Override(job.crop_ratio_min(), &settings->crop_ratio.least);
  Override(job.crop_ratio_max(), &settings->crop_ratio.most);
  Override(job.flip_probability(), &settings->flip_probability);
  Override(job.jitter_probability(), &settings->jitter_probability);
  Override(job.brightness(), &settings->brightness);
  Override(job.contrast(), &settings->contrast);
  Override(job.saturation(), &settings->saturation);
  Override(job.hue(), &settings->hue);
  Override(job.grey_probability(), &settings->grey_probability);
  OverridePair(job.blur_probability(), job.second_blur_probability(), &settings->blur_probability);
  if (job.blur_kernel() > 0) settings->blur_kernel = static_cast<int>(job.blur_kernel());
  Override(job.blur_sigma_min(), &settings->blur_sigma.least);
  Override(job.blur_sigma_max(), &settings->blur_sigma.most);
  OverridePair(job.solarise_probability(), job.second_solarise_probability(), &settings->solarise_probability);
  settings->solarise_threshold = static_cast<int>(job.solarise_threshold());
  Override(job.evaluation_crop(), &settings->evaluation_crop);
}

// The settings, as far as they can be told, with what is wrong with them.
AugmentationSettings Follow(const job::Augmentation& job, const PictureTraits& pictures, std::string_view path,
                            std::vector<std::string>* mistakes) {
  const int size = job.size() > 0 ? static_cast<int>(job.size()) : DefaultViewSize(pictures.shorter_side);
  AugmentationSettings settings = RecipeSettings(RecipeOf(job.recipe()), size);
  settings.mean = pictures.mean;
  // A channel that is the same all over has no deviation to divide by.
  constexpr float kLeastStd = 1e-3f;
  for (int c = 0; c < 3; ++c) settings.std[c] = std::max(pictures.std[c], kLeastStd);
  OverrideNumbers(job, &settings);
  OverrideChannels(job.mean(), Cat(path, ".mean"), &settings.mean, mistakes);
  OverrideChannels(job.std(), Cat(path, ".std"), &settings.std, mistakes);
  for (const std::string& mistake : AugmentationMistakes(settings)) mistakes->push_back(Cat(path, ".", mistake));
  return settings;
}

}  // namespace

int DefaultViewSize(int shorter_side) {
  constexpr int kLargest = 224;
  if (shorter_side <= kSmallPictureSize) return shorter_side;
  return std::clamp(shorter_side * 7 / 8, kSmallPictureSize, kLargest);
}

absl::StatusOr<AugmentationSettings> SettingsOf(const job::Augmentation& job, const PictureTraits& pictures,
                                                std::string_view path) {
  std::vector<std::string> mistakes;
  const AugmentationSettings settings = Follow(job, pictures, path, &mistakes);
  if (mistakes.empty()) return settings;
  return InvalidArgument(absl::StrJoin(mistakes, "\n"));
}

std::vector<std::string> AugmentationMistakes(const job::Augmentation& job, std::string_view path) {
  std::vector<std::string> mistakes;
  // Of pictures so large that what is too large for small ones is none.
  Follow(job, {.shorter_side = AugmentationSettings::kMaxSize}, path, &mistakes);
  return mistakes;
}

}  // namespace shoal
