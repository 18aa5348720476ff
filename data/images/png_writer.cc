#include "data/images/png_writer.h"

#include <png.h>

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
  // Asked for its size first, then written.
  png_alloc_size_t bytes = 0;
  std::string file;
  for (const bool sized : {false, true}) {
    file.resize(bytes);
    if (png_image_write_to_memory(&png, sized ? file.data() : nullptr, &bytes, /*convert_to_8_bit=*/0, image.pixels,
                                  /*row_stride=*/0, /*colormap=*/nullptr) == 0) {
      return InvalidArgument(path, ": a picture of ", image.width, " x ", image.height, " as PNG: ", png.message);
    }
  }
  return WriteFileAtomically(path, file);
}

}  // namespace shoal
