#include "worker/augment/view_arithmetic.h"

#include "data/images/resample_taps.h"
#include "worker/augment/elementary.h"

namespace shoal {

bool ColumnsFirst(const Resizing& resizing) {
  return ColumnsFirst(resizing.box.width, resizing.box.height, resizing.width, resizing.height);
}

// Towards zero, then around.
uint8_t HueTurn(float factor) { return static_cast<uint8_t>(static_cast<int>(double{factor} * 255)); }

void FillBlurWeights(float sigma, int kernel, std::vector<float>* weights) {
  constexpr double kUnnoticed = 0x1p-26;
  weights->clear();
  double sum = 0;
  for (int k = 0; k <= kernel / 2; ++k) {
    const double at = k / double{sigma};
    const double weight = at < 30 ? Exp(-0.5 * at * at) : 0;
    sum += k == 0 ? weight : 2 * weight;
    if (weight >= kUnnoticed) weights->push_back(static_cast<float>(weight));
  }
  for (float& weight : *weights) weight = static_cast<float>(weight / sum);
}

LevelScaling LevelScalingOf(const AugmentationSettings& settings) {
  LevelScaling scaling;
  for (int c = 0; c < 3; ++c) {
    scaling.scales[c] = static_cast<float>(1 / (255.0 * settings.std[c]));
    scaling.offsets[c] = static_cast<float>(-settings.mean[c] / static_cast<double>(settings.std[c]));
  }
  return scaling;
}

}  // namespace shoal
