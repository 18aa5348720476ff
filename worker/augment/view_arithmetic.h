// What a view's parameters come to in numbers, before a pixel is touched: one source for the Augmenter and for its twin
// on tensors, so that both compute with the same bits.
//
// Thread rule: pure functions; safe from any thread.
// Source: torchvision's GaussianBlur, adjust_hue and Normalize.

#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "common/job/augmentation_settings.h"
#include "worker/augment/drawn_view.h"

namespace shoal {

// ColumnsFirst (data/images/resample_taps.h) of the box.
bool ColumnsFirst(const Resizing& resizing);

// What a ColourStep of kHue adds to a hue, of 256 steps around the circle.
uint8_t HueTurn(float factor);

// `weights` [radius + 1] become those of a blur with a kernel of so many pixels, from the middle outwards. The radius
// is the kernel's, less the weights that a sum of floats would not notice.
void FillBlurWeights(float sigma, int kernel, std::vector<float>* weights);

// A view holds scale * value + offset of each channel's 8-bit values.
struct LevelScaling {
  std::array<float, 3> scales, offsets;
};
LevelScaling LevelScalingOf(const AugmentationSettings& settings);

}  // namespace shoal
