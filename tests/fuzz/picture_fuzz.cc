// Any bytes as a picture's file: what is broken is refused, and what is decoded has the size that its header says and
// all its pixels. The first byte chooses the options.

#include <cstdint>
#include <string_view>

#include "data/images/decode.h"

namespace shoal {
namespace {

constexpr uint64_t kMaxPixels = 1 << 18;

void Check(bool holds) {
  if (!holds) __builtin_trap();
}

// Reads every pixel, so that one outside the memory is found.
uint64_t Sum(const ImageView& picture) {
  uint64_t sum = 0;
  for (size_t i = 0; i < picture.bytes(); ++i) sum += picture.pixels[i];
  return sum;
}

void Decode(std::string_view file, const DecodeOptions& options) {
  ImageBuffer buffer;
  const absl::StatusOr<PictureSize> size = ReadPictureSize(file, options);
  const absl::StatusOr<ImageView> picture = DecodePicture(file, options, &buffer);
  if (!picture.ok()) return;
  Check(size.ok() && picture->width > 0 && picture->height > 0);
  Check(picture->bytes() <= 3 * kMaxPixels && Sum(*picture) <= 255 * picture->bytes());
  Check(*size == PictureSize{picture->width, picture->height});
}

}  // namespace
}  // namespace shoal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  shoal::DecodeOptions options{.max_pixels = shoal::kMaxPixels};
  if (data[0] % 4 == 2) options.shrink_to = 1 + data[0] / 4;
  shoal::Decode({reinterpret_cast<const char*>(data) + 1, size - 1}, options);
  return 0;
}
