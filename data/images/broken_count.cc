#include "data/images/broken_count.h"

#include <algorithm>

#include "common/status.h"

namespace shoal {

BrokenCount::BrokenCount(uint64_t pictures, double max_fraction)
    : pictures_(pictures),
      most_(std::min(static_cast<uint64_t>(max_fraction * static_cast<double>(pictures)),
                     std::max<uint64_t>(pictures, 1) - 1)) {}

absl::Status BrokenCount::Add(uint64_t picture, const absl::Status& why) {
  if (broken_.empty()) first_ = ToStd(why.message());
  broken_.insert(picture);
  if (broken_.size() <= most_) return absl::OkStatus();
  return DataLoss(broken_.size(), " of the ", pictures_,
                  " pictures cannot be read, and data.images.max_broken_fraction allows ", most_,
                  "; the first: ", first_);
}

}  // namespace shoal
