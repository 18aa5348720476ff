#include "data/images/pixel_sums.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace shoal {
namespace {

// Samples side by side that the compiler takes by vectors: whole pixels and whole vectors.
constexpr size_t kLanes = 48;
// Steps whose squares' sum fits the 32 bits of a lane.
constexpr size_t kStepsAtOnce = size_t{1} << 16;
static_assert(kStepsAtOnce * 255 * 255 < (uint64_t{1} << 32));

}  // namespace

void PixelSums::Add(const ImageView& picture) {
  const uint8_t* sample = picture.pixels;
  for (size_t left = picture.bytes(); left > 0;) {
    uint32_t sums[kLanes] = {}, squares[kLanes] = {};
    const size_t lanes = std::min(left, kLanes);
    const size_t steps = std::min(left / lanes, kStepsAtOnce);
    for (size_t step = 0; step < steps; ++step, sample += lanes) {
      for (size_t lane = 0; lane < lanes; ++lane) {
        const uint32_t value = sample[lane];
        sums[lane] += value;
        squares[lane] += value * value;
      }
    }
    for (size_t lane = 0; lane < lanes; ++lane) {
      sums_[lane % 3] += sums[lane];
      squares_[lane % 3] += squares[lane];
    }
    left -= steps * lanes;
  }
  pixels_ += picture.bytes() / 3;
  ++pictures_;
}

void PixelSums::Add(const PixelSums& other) {
  pictures_ += other.pictures_;
  pixels_ += other.pixels_;
  for (int channel = 0; channel < 3; ++channel) {
    sums_[channel] += other.sums_[channel];
    squares_[channel] += other.squares_[channel];
  }
}

ChannelStatistics PixelSums::Statistics() const {
  ChannelStatistics statistics = {};
  if (pixels_ == 0) return statistics;
  for (int channel = 0; channel < 3; ++channel) {
    const double count = static_cast<double>(pixels_);
    const double mean = static_cast<double>(sums_[channel]) / count;
    const double square = static_cast<double>(squares_[channel]) / count;
    statistics.mean[channel] = mean / 255;
    statistics.deviation[channel] = std::sqrt(std::max(0.0, square - mean * mean)) / 255;
  }
  return statistics;
}

}  // namespace shoal
