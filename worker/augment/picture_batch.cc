#include "worker/augment/picture_batch.h"

#include "common/status.h"

namespace shoal {

absl::Status PictureBatch::Add(const ImageView& picture) {
  if (picture.width < 1 || picture.height < 1) {
    return InvalidArgument("picture ", size(), " of the batch has ", picture.width, " x ", picture.height,
                           " pixels; it must have one at least");
  }
  const int64_t before = static_cast<int64_t>(pixels_.size() / 3), own = int64_t{picture.width} * picture.height;
  if (own > kMaxPixels - before) {
    return ResourceExhausted("picture ", size(), " of the batch has ", picture.width, " x ", picture.height,
                             " pixels, and those before it ", before, "; a batch holds ", kMaxPixels,
                             " at most: take fewer pictures at once, or smaller ones");
  }
  places_.push_back({before, picture.width, picture.height});
  pixels_.insert(pixels_.end(), picture.pixels, picture.pixels + picture.bytes());
  return absl::OkStatus();
}

void PictureBatch::Clear() {
  places_.clear();
  pixels_.clear();
}

ImageView PictureBatch::picture(size_t number) const {
  const Place& place = places_[number];
  return {pixels_.data() + 3 * place.first_pixel, place.width, place.height};
}

}  // namespace shoal
