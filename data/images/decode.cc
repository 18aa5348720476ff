#include "data/images/decode.h"

#include <algorithm>
#include <utility>

#include "common/status.h"
#include "data/images/codec.h"
#include "data/images/exif.h"
#include "data/images/shrink.h"

namespace shoal {
namespace {

constexpr std::string_view kJpegStart = "\xff\xd8\xff";
constexpr std::string_view kPngStart = "\x89PNG\r\n\x1a\n";

// What a file is that is neither, as far as its first bytes tell.
std::string_view OtherKind(std::string_view file) {
  if (file.empty()) return "empty";
  if (file.starts_with("GIF8")) return "a GIF";
  if (file.starts_with("BM")) return "a BMP";
  if (file.starts_with("RIFF") && file.substr(0, 12).ends_with("WEBP")) return "a WebP picture";
  if (file.starts_with(std::string_view("II*\0", 4)) || file.starts_with(std::string_view("MM\0*", 4))) return "a TIFF";
  if (file.substr(0, 8).ends_with("ftyp")) return "a HEIF or AVIF picture";
  return "neither JPEG nor PNG";
}

absl::Status NotRead(std::string_view file) {
  return DataLoss("it is ", OtherKind(file), "; JPEG and PNG are read, by content");
}

PictureSize Upright(const StoredPicture& picture) {
  if (SwapsSides(picture.orientation)) return {picture.height, picture.width};
  return {picture.width, picture.height};
}

absl::StatusOr<StoredPicture> ReadHeader(std::string_view file, uint64_t max_pixels) {
  if (file.starts_with(kJpegStart)) return ReadJpegHeader(file, max_pixels);
  if (file.starts_with(kPngStart)) return ReadPngHeader(file, max_pixels);
  return NotRead(file);
}

absl::StatusOr<StoredPicture> Decode(std::string_view file, const DecodeOptions& options, ImageBuffer* buffer) {
  if (file.starts_with(kJpegStart)) return DecodeJpeg(file, options.max_pixels, options.shrink_to, buffer);
  if (file.starts_with(kPngStart)) return DecodePng(file, options.max_pixels, buffer);
  return NotRead(file);
}

}  // namespace

absl::Status CheckPictureSize(uint64_t width, uint64_t height, uint64_t max_pixels) {
  if (width == 0 || height == 0) return DataLoss("its header says ", width, " x ", height, " pixels");
  if (width > max_pixels / height) {
    return ResourceExhausted("it has ", width, " x ", height,
                             " pixels, more than data.images.max_pixels = ", max_pixels);
  }
  return absl::OkStatus();
}

absl::StatusOr<PictureSize> ReadPictureSize(std::string_view file, const DecodeOptions& options) {
  ASSIGN_OR_RETURN(const StoredPicture header, ReadHeader(file, options.max_pixels));
  return ShrunkSize(Upright(header), options.shrink_to);
}

absl::StatusOr<ImageView> DecodePicture(std::string_view file, const DecodeOptions& options, ImageBuffer* buffer) {
  return Caught([&]() -> absl::StatusOr<ImageView> {
    ASSIGN_OR_RETURN(const StoredPicture stored, Decode(file, options, buffer));
    const ImageView upright = TurnUpright({stored.pixels, stored.width, stored.height}, stored.orientation, buffer);
    if (options.shrink_to == 0) return upright;
    // From the size as stored: a JPEG decoded at a part of it has been rounded up.
    ASSIGN_OR_RETURN(const PictureSize size, ReadPictureSize(file, options));
    return Shrink(upright, size, buffer);
  });
}

bool IsPicture(std::string_view start) { return start.starts_with(kJpegStart) || start.starts_with(kPngStart); }

}  // namespace shoal
