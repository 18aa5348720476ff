#include "worker/augment/picture_batch.h"

#include <algorithm>

#include "common/status.h"

namespace shoal {

absl::Status PictureBatch::Add(const ImageView& picture) {
  if (picture.width < 1 || picture.height < 1) {
    return InvalidArgument("picture ", size(), " of the batch has ", picture.width, " x ", picture.height,
                           " pixels; it must have one at least");
  }
  const int64_t before = static_cast<int64_t>(used_ / 3), own = int64_t{picture.width} * picture.height;
  if (own > kMaxPixels - before) {
    return ResourceExhausted("picture ", size(), " of the batch has ", picture.width, " x ", picture.height,
                             " pixels, and those before it ", before, "; a batch holds ", kMaxPixels,
                             " at most: take fewer pictures at once, or smaller ones");
  }
  places_.push_back({before, picture.width, picture.height});
  Reserve(used_ + picture.bytes());
  std::copy_n(picture.pixels, picture.bytes(), bytes_.get() + used_);
  used_ += picture.bytes();
  return absl::OkStatus();
}

void PictureBatch::Reserve(size_t bytes) {
  if (bytes <= room_) return;
  room_ = std::max(bytes, 2 * room_);
  std::shared_ptr<uint8_t[]> larger = allocate_ ? allocate_(room_) : std::make_shared_for_overwrite<uint8_t[]>(room_);
  std::copy_n(bytes_.get(), used_, larger.get());
  bytes_ = std::move(larger);
}

void PictureBatch::Clear() {
  places_.clear();
  used_ = 0;
}

ImageView PictureBatch::picture(size_t number) const {
  const Place& place = places_[number];
  return {bytes_.get() + 3 * place.first_pixel, place.width, place.height};
}

}  // namespace shoal
