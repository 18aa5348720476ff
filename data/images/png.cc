#include <png.h>

#include <algorithm>
#include <cstring>

#include "common/status.h"
#include "data/images/codec.h"
#include "data/images/exif.h"

namespace shoal {
namespace {

// Of a chunk that is kept.
constexpr png_alloc_size_t kMostChunkBytes = png_alloc_size_t{1} << 23;
// What libpng knows and nobody here looks at. Texts and profiles would be unpacked, to a thousand times their size.
constexpr uint8_t kPassedOver[] =
    "bKGD\0cHRM\0gAMA\0hIST\0iCCP\0iTXt\0oFFs\0pCAL\0pHYs\0sBIT\0sCAL\0sPLT\0sRGB\0sTER\0tEXt\0tIME\0zTXt";
constexpr int kPassedOverChunks = sizeof(kPassedOver) / 5;
constexpr png_uint_32 kMostSide = 0x7fffffff;

class Png {
 public:
  explicit Png(std::string_view file) : rest_(file) {
    png_ = png_create_read_struct(
        PNG_LIBPNG_VER_STRING, this, [](png_structp png, png_const_charp message) { GiveUp(png, message); },
        // Of chunks beside the pixels; damaged pixels are errors.
        [](png_structp, png_const_charp) {});
    if (png_ != nullptr) header_ = png_create_info_struct(png_);
  }
  ~Png() { png_destroy_read_struct(&png_, &header_, nullptr); }
  Png(const Png&) = delete;
  Png& operator=(const Png&) = delete;

  absl::Status ReadHeader(uint64_t max_pixels) {
    if (header_ == nullptr) return ResourceExhausted("no memory for a PNG decoder");
    const bool read = Guarded(&error_, [this] {
      png_set_read_fn(png_, this, [](png_structp png, png_bytep out, size_t bytes) { Read(png, out, bytes); });
      // The sizes are checked below, against the job's limit.
      png_set_user_limits(png_, kMostSide, kMostSide);
      png_set_chunk_malloc_max(png_, kMostChunkBytes);
      png_set_keep_unknown_chunks(png_, PNG_HANDLE_CHUNK_NEVER, kPassedOver, kPassedOverChunks);
      png_read_info(png_, header_);
    });
    if (!read) return Broken();
    return CheckPictureSize(Width(), Height(), max_pixels);
  }

  absl::StatusOr<StoredPicture> Decode(ImageBuffer* buffer) {
    // An eXIf chunk after the pixels is not in the header that ReadPngHeader sees, so it does not count here either.
    StoredPicture picture = Header();
    if (!Guarded(&error_, [this] { AskForEightBitColour(); })) return Broken();
    const size_t row = png_get_rowbytes(png_, header_);
    uint8_t* const pixels = buffer->Back(row * Height());
    const bool read = Guarded(&error_, [this, row, pixels] {
      for (int pass = 0; pass < passes_; ++pass) {
        for (size_t y = 0; y < Height(); ++y) png_read_row(png_, pixels + y * row, nullptr);
      }
      png_read_end(png_, header_);
    });
    if (!read) return Broken();
    if (row == size_t{4} * Width()) BlendOverWhite(pixels);
    buffer->Flip();
    picture.pixels = pixels;
    return picture;
  }

  StoredPicture Header() { return {nullptr, static_cast<int>(Width()), static_cast<int>(Height()), Orientation()}; }

 private:
  size_t Width() const { return png_get_image_width(png_, header_); }
  size_t Height() const { return png_get_image_height(png_, header_); }
  absl::Status Broken() const { return DataLoss("a broken PNG: ", std::string_view(error_.message)); }

  [[noreturn]] static void GiveUp(png_structp png, const char* message) {
    auto* self = static_cast<Png*>(png_get_error_ptr(png));
    std::strncpy(self->error_.message, message, sizeof(self->error_.message) - 1);
    longjmp(self->error_.jump, 1);
  }

  static void Read(png_structp png, uint8_t* out, size_t bytes) {
    auto* self = static_cast<Png*>(png_get_io_ptr(png));
    if (bytes > self->rest_.size()) png_error(png, "the file ends early");
    std::memcpy(out, self->rest_.data(), bytes);
    self->rest_.remove_prefix(bytes);
  }

  // RGB, or RGBA where anything is transparent.
  void AskForEightBitColour() {
    png_set_expand(png_);
    png_set_scale_16(png_);
    if ((png_get_color_type(png_, header_) & PNG_COLOR_MASK_COLOR) == 0) png_set_gray_to_rgb(png_);
    passes_ = png_set_interlace_handling(png_);
    png_read_update_info(png_, header_);
  }

  // In place, 4 bytes a pixel to 3.
  void BlendOverWhite(uint8_t* pixels) const {
    const uint8_t* from = pixels;
    uint8_t* to = pixels;
    for (size_t i = 0; i < Width() * Height(); ++i, from += 4) {
      const unsigned alpha = from[3], white = 255 * (255 - alpha);
      for (int channel = 0; channel < 3; ++channel) {
        *to++ = static_cast<uint8_t>((from[channel] * alpha + white + 127) / 255);
      }
    }
  }

  int Orientation() {
    png_uint_32 bytes = 0;
    png_bytep exif = nullptr;
    if (png_get_eXIf_1(png_, header_, &bytes, &exif) == 0) return 1;
    return ExifOrientation({reinterpret_cast<const char*>(exif), bytes});
  }

  std::string_view rest_;
  CodecError error_;
  png_structp png_ = nullptr;
  png_infop header_ = nullptr;
  int passes_ = 1;
};

}  // namespace

absl::StatusOr<StoredPicture> ReadPngHeader(std::string_view file, uint64_t max_pixels) {
  Png png(file);
  RETURN_IF_ERROR(png.ReadHeader(max_pixels));
  return png.Header();
}

absl::StatusOr<StoredPicture> DecodePng(std::string_view file, uint64_t max_pixels, ImageBuffer* buffer) {
  Png png(file);
  RETURN_IF_ERROR(png.ReadHeader(max_pixels));
  return png.Decode(buffer);
}

}  // namespace shoal
