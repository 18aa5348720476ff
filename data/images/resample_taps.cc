#include "data/images/resample_taps.h"

#include <algorithm>
#include <cmath>

namespace shoal {

bool ColumnsFirst(int from_width, int from_height, int64_t to_width, int64_t to_height) {
  const int64_t shorter = from_height - to_height, narrower = from_width - to_width;
  return shorter > 0 && shorter > 2 * narrower;
}

int ResampleTaps::TapsOf(int from, int64_t to) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  // Twice the support of a line of 2^30 pixels made one is more than 32 bits hold.
  const int64_t taps = static_cast<int64_t>(std::ceil(std::max(scale, 1.0))) * 2 + (scale > 1 ? 1 : 0);
  return static_cast<int>(std::min<int64_t>(from, taps));
}

void ResampleTaps::Make(int from, int64_t to, int64_t first, int count) {
  const double scale = static_cast<double>(from) / static_cast<double>(to);
  const double support = std::max(scale, 1.0);
  const double slope = 1 / support;
  taps_ = TapsOf(from, to);
  starts_.resize(count);
  weights_.assign(static_cast<size_t>(count) * taps_, 0);
  exact_.resize(taps_ + 1);
  for (int i = 0; i < count; ++i) {
    const double centre = (static_cast<double>(first + i) + 0.5) * scale;
    const int begin = std::max(0, static_cast<int>(centre - support + 0.5));
    const int end = std::min(from, static_cast<int>(centre + support + 0.5));
    double sum = 0;
    for (int x = begin; x < end; ++x) {
      sum += exact_[x - begin] = std::max(0.0, 1 - std::abs((x - centre + 0.5) * slope));
    }
    // Taps that would lie beyond the line stand before it, with weight 0.
    const int start = std::min(begin, from - taps_);
    starts_[i] = start;
    int32_t* const weights = weights_.data() + static_cast<size_t>(i) * taps_ + (begin - start);
    constexpr double kOne = 1 << kFractionBits;
    for (int x = begin; x < end; ++x) weights[x - begin] = static_cast<int32_t>(0.5 + exact_[x - begin] / sum * kOne);
  }
}

}  // namespace shoal
