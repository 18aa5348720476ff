#include <stdio.h>  // jpeglib.h wants FILE and size_t.
// Keep this order.
#include <jpeglib.h>

#include <algorithm>
#include <cstring>

#include "common/status.h"
#include "data/images/codec.h"
#include "data/images/exif.h"

// After jpeglib.h: the codes of its warnings.
#include <jerror.h>

namespace shoal {
namespace {

// A progressive picture comes in a dozen scans; a hostile one in thousands, each as dear as the whole picture.
constexpr int kMostScans = 256;
constexpr int kExifMarker = JPEG_APP0 + 1;
constexpr std::string_view kExifPrefix("Exif\0\0", 6);
constexpr unsigned kMostMarkerBytes = 0xffff;
constexpr int kEndMarker = 0xd9;

class Jpeg {
 public:
  explicit Jpeg(std::string_view file) : file_(file) {
    info_.err = jpeg_std_error(&messages_);
    messages_.error_exit = [](j_common_ptr info) { GiveUp(info); };
    messages_.emit_message = [](j_common_ptr info, int level) { Emit(info, level); };
    info_.client_data = this;
    progress_.progress_monitor = [](j_common_ptr info) { CheckScans(info); };
  }
  ~Jpeg() {
    if (created_) jpeg_destroy_decompress(&info_);
  }
  Jpeg(const Jpeg&) = delete;
  Jpeg& operator=(const Jpeg&) = delete;

  absl::Status ReadHeader(uint64_t max_pixels) {
    const bool read = Guarded(&error_, [this] {
      jpeg_create_decompress(&info_);
      created_ = true;
      info_.progress = &progress_;
      jpeg_mem_src(&info_, reinterpret_cast<const unsigned char*>(file_.data()), file_.size());
      jpeg_save_markers(&info_, kExifMarker, kMostMarkerBytes);
      jpeg_read_header(&info_, TRUE);
    });
    if (!read) return Broken();
    return CheckPictureSize(info_.image_width, info_.image_height, max_pixels);
  }

  absl::StatusOr<StoredPicture> Decode(uint32_t least_side, ImageBuffer* buffer) {
    const bool four = info_.jpeg_color_space == JCS_CMYK || info_.jpeg_color_space == JCS_YCCK;
    info_.out_color_space = four ? JCS_CMYK : JCS_RGB;
    info_.scale_num = Eighths(least_side);
    info_.scale_denom = 8;
    // Finishing forgets the markers.
    const int orientation = Orientation();
    if (!Guarded(&error_, [this] { jpeg_start_decompress(&info_); })) return Broken();
    const size_t row = size_t{info_.output_width} * info_.output_components;
    uint8_t* const pixels = buffer->Back(row * info_.output_height);
    const bool read = Guarded(&error_, [this, row, pixels] {
      while (info_.output_scanline < info_.output_height) {
        JSAMPROW next = pixels + row * info_.output_scanline;
        jpeg_read_scanlines(&info_, &next, 1);
      }
      jpeg_finish_decompress(&info_);
    });
    if (!read) return Broken();
    if (four) CmykToRgb(pixels);
    buffer->Flip();
    return StoredPicture{pixels, static_cast<int>(info_.output_width), static_cast<int>(info_.output_height),
                         orientation};
  }

  StoredPicture Header() const {
    return {nullptr, static_cast<int>(info_.image_width), static_cast<int>(info_.image_height), Orientation()};
  }

 private:
  absl::Status Broken() const { return DataLoss("a broken JPEG: ", std::string_view(error_.message)); }

  [[noreturn]] static void GiveUp(j_common_ptr info) {
    auto* self = static_cast<Jpeg*>(info->client_data);
    char message[JMSG_LENGTH_MAX];
    (*info->err->format_message)(info, message);
    std::strncpy(self->error_.message, message, sizeof(self->error_.message) - 1);
    longjmp(self->error_.jump, 1);
  }

  // What the library calls a warning is pixels made up, but for these.
  static bool Harmless(const jpeg_error_mgr& messages) {
    switch (messages.msg_code) {
      case JWRN_JFIF_MAJOR:
      case JWRN_ADOBE_XFORM:
      case JWRN_BOGUS_ICC:
        return true;
      case JWRN_EXTRANEOUS_DATA:  // Padding between the last pixel and the end.
        return messages.msg_parm.i[1] == kEndMarker;
      default:
        return false;
    }
  }

  static void Emit(j_common_ptr info, int level) {
    if (level < 0 && !Harmless(*info->err)) GiveUp(info);
  }

  static void CheckScans(j_common_ptr info) {
    auto* self = static_cast<Jpeg*>(info->client_data);
    if (self->info_.input_scan_number <= kMostScans) return;
    std::strcpy(self->error_.message, "more scans than any program writes");
    longjmp(self->error_.jump, 1);
  }

  // Eighths of the size that leave `least_side`. The library has no SIMD code for the sizes between these.
  unsigned Eighths(uint32_t least_side) const {
    if (least_side == 0) return 8;
    const uint64_t side = std::min(info_.image_width, info_.image_height);
    for (const unsigned eighths : {1, 2, 4}) {
      if (side * eighths >= uint64_t{8} * least_side) return eighths;
    }
    return 8;
  }

  int Orientation() const {
    for (const jpeg_marker_struct* marker = info_.marker_list; marker != nullptr; marker = marker->next) {
      const std::string_view data(reinterpret_cast<const char*>(marker->data), marker->data_length);
      if (marker->marker == kExifMarker && data.starts_with(kExifPrefix)) {
        return ExifOrientation(data.substr(kExifPrefix.size()));
      }
    }
    return 1;
  }

  // In place. Adobe's programs store 255 minus the ink, and say so by their marker.
  void CmykToRgb(uint8_t* pixels) const {
    const uint8_t flip = info_.saw_Adobe_marker ? 0 : 255;
    const size_t count = size_t{info_.output_width} * info_.output_height;
    const uint8_t* from = pixels;
    uint8_t* to = pixels;
    for (size_t i = 0; i < count; ++i, from += 4, to += 3) {
      const unsigned paper = from[3] ^ flip;
      const unsigned red = from[0] ^ flip, green = from[1] ^ flip, blue = from[2] ^ flip;
      to[0] = static_cast<uint8_t>((red * paper + 127) / 255);
      to[1] = static_cast<uint8_t>((green * paper + 127) / 255);
      to[2] = static_cast<uint8_t>((blue * paper + 127) / 255);
    }
  }

  const std::string_view file_;
  CodecError error_;
  jpeg_error_mgr messages_ = {};
  jpeg_progress_mgr progress_ = {};
  jpeg_decompress_struct info_ = {};
  bool created_ = false;
};

}  // namespace

absl::StatusOr<StoredPicture> ReadJpegHeader(std::string_view file, uint64_t max_pixels) {
  Jpeg jpeg(file);
  RETURN_IF_ERROR(jpeg.ReadHeader(max_pixels));
  return jpeg.Header();
}

absl::StatusOr<StoredPicture> DecodeJpeg(std::string_view file, uint64_t max_pixels, uint32_t least_side,
                                         ImageBuffer* buffer) {
  Jpeg jpeg(file);
  RETURN_IF_ERROR(jpeg.ReadHeader(max_pixels));
  return jpeg.Decode(least_side, buffer);
}

}  // namespace shoal
