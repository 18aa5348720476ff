// PictureBatch: decoded pictures of any sizes, end to end in memory, so that one copy takes them all to a device.
//
// What a TensorAugmenter makes views of. Knows no Torch: whoever reads pictures fills it.
//
// Thread rule: like a container; used by one thread at a time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "data/images/image_view.h"
#include "worker/augment/drawn_view.h"

namespace shoal {

// A view to be made of picture `picture` of a batch, as the CPU drew it of that picture's width and height.
struct BatchView {
  size_t picture = 0;
  DrawnView drawn;
};

// So many bytes, or more, of the memory that the device reads the quickest.
using AllocateBytes = std::function<std::shared_ptr<uint8_t[]>(size_t bytes)>;

class PictureBatch {
 public:
  // Of all pictures together: 3 GiB of bytes. Devices count pixels in 32 bits.
  static constexpr int64_t kMaxPixels = int64_t{1} << 30;

  // Pictures lie where `allocate` says; null: anywhere.
  PictureBatch() = default;
  explicit PictureBatch(AllocateBytes allocate) : allocate_(std::move(allocate)) {}
  PictureBatch(PictureBatch&&) = default;
  PictureBatch& operator=(PictureBatch&&) = default;

  // Copies `picture` behind the others. InvalidArgument where it has no pixel; ResourceExhausted where the batch would
  // have more than kMaxPixels. Nothing is added then.
  absl::Status Add(const ImageView& picture);
  // Memory is kept.
  void Clear();

  size_t size() const { return places_.size(); }
  ImageView picture(size_t number) const;
  // The number of the picture's first pixel in pixels().
  int64_t first_pixel(size_t number) const { return places_[number].first_pixel; }
  // [pixels, 3], picture after picture, row after row.
  std::span<const uint8_t> pixels() const { return {bytes_.get(), used_}; }

 private:
  struct Place {
    int64_t first_pixel = 0;
    int width = 0, height = 0;
  };

  // Room for `bytes` in all.
  void Reserve(size_t bytes);

  AllocateBytes allocate_;
  std::vector<Place> places_;
  std::shared_ptr<uint8_t[]> bytes_;
  size_t used_ = 0, room_ = 0;
};

}  // namespace shoal
