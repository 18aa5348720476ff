// AugmentationSettings: how views of pictures are drawn and normalised, in plain values, and the recipes of the papers.
//
// Every parameter means what torchvision's does. A recipe is a starting point: change any field of it, then have
// AugmentationMistakes look at the whole. What the recipes hold: docs/augmentation.md.
//
// Thread rule: values and pure functions; safe from any thread.
// Source: Chen et al. 2020, "A Simple Framework for Contrastive Learning of Visual Representations", appendices A and
// B.9 (small pictures); He et al. 2020, "Momentum Contrast" (v1, the augmentation of Wu et al. 2018); Chen et al. 2020,
// "Improved Baselines with Momentum Contrastive Learning" (v2); Grill et al. 2020, "Bootstrap Your Own Latent",
// appendix B (views that differ in blur and solarisation).

#pragma once

#include <array>
#include <string>
#include <vector>

namespace shoal {

struct Range {
  double least = 0, most = 0;
};

// What is drawn for a view. View 0 and the views after it may differ in blur and solarisation: [view 0, others].
struct AugmentationSettings {
  static constexpr int kMaxSize = 1024;
  static constexpr int kMaxBlurKernel = 255;

  int size = 32;  // Pixels of a view's side.

  // RandomResizedCrop: share of the picture's area, and width over height. Without it a view is the evaluation's.
  bool random_crop = true;
  Range crop_scale = {0.08, 1};
  Range crop_ratio = {3.0 / 4, 4.0 / 3};
  double flip_probability = 0.5;

  // ColorJitter within RandomApply. A factor is drawn from 1 - x (0 at least) to 1 + x, the hue's from -x to x.
  double jitter_probability = 0.8;
  double brightness = 0, contrast = 0, saturation = 0, hue = 0;
  double grey_probability = 0.2;
  bool grey_before_jitter = false;

  std::array<double, 2> blur_probability = {0, 0};
  int blur_kernel = 3;  // Pixels, odd.
  Range blur_sigma = {0.1, 2};
  std::array<double, 2> solarise_probability = {0, 0};
  int solarise_threshold = 128;  // Levels from here on are inverted.

  // Of the evaluation's picture: the short side is resized to size / evaluation_crop, of which the centre is taken.
  double evaluation_crop = 1;

  // Of levels in [0, 1], red, green and blue: a view holds (level - mean) / std.
  std::array<float, 3> mean = {0, 0, 0}, std = {1, 1, 1};
};

enum class AugmentationRecipe { kSimClr, kMocoV1, kMocoV2, kNone };

// Pictures to this side are small: SimCLR halves its jitter for them, nothing blurs them, and the evaluation takes them
// whole, as the papers do with CIFAR's.
inline constexpr int kSmallPictureSize = 64;

// Pixels of a view's side that all nets can halve as often as they do.
inline constexpr int kSmallestEncodedSize = 8;

// The recipe for views of `size` pixels, which leaves mean and std to the caller.
AugmentationSettings RecipeSettings(AugmentationRecipe recipe, int size);

// A line for each setting that is out of its range or contradicts another; it begins with the setting's name in a job.
std::vector<std::string> AugmentationMistakes(const AugmentationSettings& settings);

}  // namespace shoal
