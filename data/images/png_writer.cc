#include "data/images/png_writer.h"

#include <png.h>

#include <memory>

#include "common/files.h"
#include "common/status.h"

namespace shoal {

absl::Status WritePng(const std::string& path, const ImageView& image) {
  png_image png = {};
  png.version = PNG_IMAGE_VERSION;
  png.width = static_cast<png_uint_32>(image.width);
  png.height = static_cast<png_uint_32>(image.height);
  png.format = PNG_FORMAT_RGB;
  if (image.bytes() == 0) return InvalidArgument(path, ": the picture has no pixels");
  // Room for the worst case, of which only what is written takes memory: asking for the size first would compress
  // twice.
  png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(png);
  const auto file = std::make_unique_for_overwrite<char[]>(bytes);
  if (png_image_write_to_memory(&png, file.get(), &bytes, /*convert_to_8_bit=*/0, image.pixels, /*row_stride=*/0,
                                /*colormap=*/nullptr) == 0) {
    return InvalidArgument(path, ": a picture of ", image.width, " x ", image.height, " as PNG: ", png.message);
  }
  return WriteFileAtomically(path, {file.get(), bytes});
}

}  // namespace shoal
