#include "data/images/pixel_sums.h"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace shoal {
namespace {

// Pixels whose squares' sum fits 32 bits, in which the loop is quicker.
constexpr size_t kPixelsAtOnce = size_t{1} << 16;
static_assert(kPixelsAtOnce * 255 * 255 < (uint64_t{1} << 32));

}  // namespace

void PixelSums::Add(const ImageView& picture) {
  const size_t pixels = picture.bytes() / 3;
  for (size_t begin = 0; begin < pixels; begin += kPixelsAtOnce) {
    const uint8_t* pixel = picture.pixels + 3 * begin;
    uint32_t sums[3] = {}, squares[3] = {};
    for (size_t i = std::min(kPixelsAtOnce, pixels - begin); i > 0; --i, pixel += 3) {
      for (int channel = 0; channel < 3; ++channel) {
        const uint32_t value = pixel[channel];
        sums[channel] += value;
        squares[channel] += value * value;
      }
    }
    for (int channel = 0; channel < 3; ++channel) {
      sums_[channel] += sums[channel];
      squares_[channel] += squares[channel];
    }
  }
  pixels_ += pixels;
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
