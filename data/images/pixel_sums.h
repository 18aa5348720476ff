// PixelSums: the mean and standard deviation of pictures' channels, over all pixels.
//
// Sums are whole numbers, so that they do not depend on the order in which pictures were added: 2^64 / 255^2 holds
// 2.8e14 pixels.
//
// Thread rule: a value; one owner at a time.

#pragma once

#include <cstdint>

#include "data/images/image_view.h"

namespace shoal {

// Of values between 0 (black) and 1, by channel, red first.
struct ChannelStatistics {
  double mean[3];
  double deviation[3];
};

class PixelSums {
 public:
  void Add(const ImageView& picture);
  void Add(const PixelSums& other);

  uint64_t pictures() const { return pictures_; }
  // Zeros where there are no pixels.
  ChannelStatistics Statistics() const;

 private:
  uint64_t pictures_ = 0;
  uint64_t pixels_ = 0;
  uint64_t sums_[3] = {};
  uint64_t squares_[3] = {};
};

}  // namespace shoal
