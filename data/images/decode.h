// Pictures as stored (JPEG, PNG) into 8-bit RGB, by libjpeg-turbo and libpng.
//
// - Told apart by their first bytes, not by the name.
// - Grey is spread over the three channels, palettes are looked up, 16 bits become 8, CMYK becomes RGB without colour
//   profiles (inverted where Adobe wrote it), transparent pixels are blended over white. Gamma and profiles are
//   ignored.
// - EXIF's orientation is carried out: the picture stands as the camera was held.
// - What a header says is checked before memory is taken for it. A picture that ends early, or whose data is damaged
//   where the library noticed, is broken as a whole: half a picture would train as if it were one.
//
// Pure functions of their arguments; safe from any thread.

#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"
#include "data/images/image_buffer.h"
#include "data/images/image_view.h"

namespace shoal {

struct DecodeOptions {
  // More pixels are refused before they are decoded.
  uint64_t max_pixels = 100000000;
  // The shorter side of larger pictures afterwards (shrink.h); 0 leaves them. A JPEG is decoded at 1/2, 1/4 or 1/8 of
  // its size where that is enough, in less time and memory.
  uint32_t shrink_to = 0;
};

struct PictureSize {
  int width = 0;
  int height = 0;

  bool operator==(const PictureSize&) const = default;
};

// What DecodePicture with these options will give of `file`, from its header. The first part of a file is enough
// where it has the header in it; DataLoss else.
absl::StatusOr<PictureSize> ReadPictureSize(std::string_view file, const DecodeOptions& options);

// The picture stands in `buffer` until it is used again. DataLoss: broken, with what the library says of it, or of a
// kind that is not read. ResourceExhausted: more than max_pixels.
absl::StatusOr<ImageView> DecodePicture(std::string_view file, const DecodeOptions& options, ImageBuffer* buffer);

// Whether a file that starts so is of a kind that is read.
bool IsPicture(std::string_view start);

// ResourceExhausted where a picture of this size is larger than `max_pixels`; DataLoss where it has no pixels.
absl::Status CheckPictureSize(uint64_t width, uint64_t height, uint64_t max_pixels);

}  // namespace shoal
