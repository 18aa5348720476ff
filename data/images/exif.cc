#include "data/images/exif.h"

#include <cstring>

namespace shoal {
namespace {

constexpr uint16_t kOrientationTag = 0x0112;
constexpr uint16_t kShortType = 3;
constexpr size_t kEntryBytes = 12;

// Numbers of a TIFF structure; 0 beyond its end.
class Tiff {
 public:
  explicit Tiff(std::string_view bytes) : bytes_(bytes), big_endian_(bytes.starts_with("MM")) {}

  uint32_t Number(size_t offset, size_t width) const {
    if (offset > bytes_.size() || bytes_.size() - offset < width) return 0;
    uint32_t number = 0;
    for (size_t i = 0; i < width; ++i) {
      const size_t at = big_endian_ ? offset + i : offset + width - 1 - i;
      number = number << 8 | static_cast<uint8_t>(bytes_[at]);
    }
    return number;
  }

 private:
  const std::string_view bytes_;
  const bool big_endian_;
};

}  // namespace

int ExifOrientation(std::string_view tiff) {
  if (!tiff.starts_with("II") && !tiff.starts_with("MM")) return 1;
  const Tiff fields(tiff);
  if (fields.Number(2, 2) != 42) return 1;
  const size_t folder = fields.Number(4, 4);
  const size_t entries = fields.Number(folder, 2);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = folder + 2 + i * kEntryBytes;
    if (fields.Number(entry, 2) != kOrientationTag) continue;
    const uint32_t orientation = fields.Number(entry + 8, 2);
    const bool valid = fields.Number(entry + 2, 2) == kShortType && orientation >= 1 && orientation <= 8;
    return valid ? static_cast<int>(orientation) : 1;
  }
  return 1;
}

ImageView TurnUpright(const ImageView& stored, int orientation, ImageBuffer* buffer) {
  if (orientation <= 1 || orientation > 8) return stored;
  const ptrdiff_t width = stored.width, height = stored.height;
  const bool swap = SwapsSides(orientation);
  // Where in the stored picture a row and a column of the upright one begin or end; in pixels.
  const bool from_right = orientation == 2 || orientation == 3 || orientation == 7 || orientation == 8;
  const bool from_bottom = orientation == 3 || orientation == 4 || orientation == 6 || orientation == 7;
  const ptrdiff_t first = (from_bottom ? (height - 1) * width : 0) + (from_right ? width - 1 : 0);
  const ptrdiff_t along_stored_row = from_right ? -1 : 1;
  const ptrdiff_t along_stored_column = from_bottom ? -width : width;
  const ptrdiff_t step = swap ? along_stored_column : along_stored_row;
  const ptrdiff_t next_row = swap ? along_stored_row : along_stored_column;

  const ImageView upright{buffer->Back(stored.bytes()), swap ? stored.height : stored.width,
                          swap ? stored.width : stored.height};
  auto* out = const_cast<uint8_t*>(upright.pixels);
  for (int y = 0; y < upright.height; ++y) {
    const uint8_t* from = stored.pixels + 3 * (first + y * next_row);
    for (int x = 0; x < upright.width; ++x, from += 3 * step, out += 3) std::memcpy(out, from, 3);
  }
  buffer->Flip();
  return upright;
}

}  // namespace shoal
