#include "tests/unit/data/images/made_pictures.h"

#include <stdio.h>  // jpeglib.h wants FILE and size_t.
// Keep this order.
#include <jpeglib.h>
#include <png.h>
#include <stdlib.h>
#include <zlib.h>

#include "common/text.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

void AppendBigEndian(uint32_t number, std::string* bytes) {
  for (int shift = 24; shift >= 0; shift -= 8) bytes->push_back(static_cast<char>(number >> shift));
}

// A TIFF structure with an entry before the orientation's.
std::string ExifOf(int orientation, bool big_endian) {
  std::string bytes = big_endian ? "MM" : "II";
  const auto put = [&](uint32_t number, int width) {
    for (int i = 0; i < width; ++i) {
      const int shift = 8 * (big_endian ? width - 1 - i : i);
      bytes.push_back(static_cast<char>(number >> shift));
    }
  };
  put(42, 2);
  put(8, 4);
  put(2, 2);
  for (const auto& [tag, value] : {std::pair{0x0100, 640}, std::pair{0x0112, orientation}}) {
    put(static_cast<uint32_t>(tag), 2);
    put(3, 2);
    put(1, 4);
    put(static_cast<uint32_t>(value), 2);
    put(0, 2);
  }
  put(0, 4);
  return bytes;
}

void SetColours(const JpegOptions& options, jpeg_compress_struct* info) {
  info->in_color_space = info->input_components == 1 ? JCS_GRAYSCALE : info->input_components == 4 ? JCS_CMYK : JCS_RGB;
  jpeg_set_defaults(info);
  if (options.colours == "RGB") jpeg_set_colorspace(info, JCS_RGB);
  if (options.colours == "CMYK") jpeg_set_colorspace(info, JCS_CMYK);
  if (options.colours == "YCCK") jpeg_set_colorspace(info, JCS_YCCK);
  if (!options.adobe_marker) info->write_Adobe_marker = FALSE;
}

void WriteMarkers(const JpegOptions& options, jpeg_compress_struct* info) {
  if (options.orientation > 0) {
    const std::string exif = std::string("Exif\0\0", 6) + ExifOf(options.orientation, options.big_endian);
    jpeg_write_marker(info, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(exif.data()), exif.size());
  }
  if (options.profile_bytes > 0) {
    const std::vector<JOCTET> profile(options.profile_bytes, 7);
    jpeg_write_icc_profile(info, profile.data(), profile.size());
  }
}

// The mean first, then of one frequency after the other a bit at a time.
std::vector<jpeg_scan_info> GreyScans(int most) {
  std::vector<jpeg_scan_info> scans;
  if (most > 0) scans.push_back({1, {0}, 0, 0, 0, 0});
  constexpr int kBits = 5;
  for (int frequency = 1; frequency < 64; ++frequency) {
    for (int low = kBits - 1; low >= 0 && static_cast<int>(scans.size()) < most; --low) {
      scans.push_back({1, {0}, frequency, frequency, low == kBits - 1 ? 0 : low + 1, low});
    }
  }
  return scans;
}

void AppendToString(png_structp png, png_bytep bytes, size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))->append(reinterpret_cast<char*>(bytes), count);
}

int ColourType(const MadePicture& picture, const PngOptions& options) {
  if (!options.palette.empty()) return PNG_COLOR_TYPE_PALETTE;
  constexpr int kTypes[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB,
                            PNG_COLOR_TYPE_RGB_ALPHA};
  return kTypes[picture.channels - 1];
}

void WritePngChunks(const PngOptions& options, png_structp png, png_infop info) {
  std::vector<png_color> palette;
  for (size_t i = 0; i + 2 < options.palette.size(); i += 3) {
    palette.push_back({options.palette[i], options.palette[i + 1], options.palette[i + 2]});
  }
  if (!palette.empty()) png_set_PLTE(png, info, palette.data(), static_cast<int>(palette.size()));
  if (!options.palette_alpha.empty()) {
    png_set_tRNS(png, info, options.palette_alpha.data(), static_cast<int>(options.palette_alpha.size()), nullptr);
  }
  std::string exif = ExifOf(options.orientation, /*big_endian=*/true);
  if (options.orientation > 0) {
    png_set_eXIf_1(png, info, static_cast<png_uint_32>(exif.size()), reinterpret_cast<png_bytep>(exif.data()));
  }
  png_write_info(png, info);
}

}  // namespace

MadePicture Gradient(int width, int height) {
  MadePicture picture{width, height, 3, {}};
  for (int y = 0; y < height; ++y) {
    for (int x = 0; x < width; ++x) {
      const int red = 40 + 160 * x / width, green = 40 + 160 * y / height, blue = 200 - 80 * (x + y) / (width + height);
      for (const int sample : {red, green, blue}) picture.samples.push_back(static_cast<uint8_t>(sample));
    }
  }
  return picture;
}

MadePicture Plain(int width, int height, const std::vector<uint8_t>& pixel) {
  MadePicture picture{width, height, static_cast<int>(pixel.size()), {}};
  for (int i = 0; i < width * height; ++i) picture.samples.insert(picture.samples.end(), pixel.begin(), pixel.end());
  return picture;
}

std::string JpegFile(const MadePicture& picture, const JpegOptions& options) {
  jpeg_compress_struct info;
  jpeg_error_mgr errors;
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  unsigned char* bytes = nullptr;
  unsigned long size = 0;
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<JDIMENSION>(picture.width);
  info.image_height = static_cast<JDIMENSION>(picture.height);
  info.input_components = picture.channels;
  SetColours(options, &info);
  jpeg_set_quality(&info, options.quality, TRUE);
  if (options.progressive) jpeg_simple_progression(&info);
  const std::vector<jpeg_scan_info> scans = GreyScans(options.grey_scans);
  if (!scans.empty()) {
    info.scan_info = scans.data();
    info.num_scans = static_cast<int>(scans.size());
  }
  jpeg_start_compress(&info, TRUE);
  WriteMarkers(options, &info);
  for (int y = 0; y < picture.height; ++y) {
    JSAMPROW row = const_cast<uint8_t*>(picture.at(0, y));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  std::string file(reinterpret_cast<char*>(bytes), size);
  jpeg_destroy_compress(&info);
  ::free(bytes);
  return file;
}

std::string PngFile(const MadePicture& picture, const PngOptions& options) {
  std::string file;
  png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_infop info = png_create_info_struct(png);
  png_set_write_fn(png, &file, AppendToString, nullptr);
  png_set_IHDR(png, info, static_cast<png_uint_32>(picture.width), static_cast<png_uint_32>(picture.height),
               options.sixteen_bit ? 16 : 8, ColourType(picture, options),
               options.interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
               PNG_FILTER_TYPE_DEFAULT);
  WritePngChunks(options, png, info);
  std::vector<uint8_t> samples;
  for (const uint8_t sample : picture.samples) {
    samples.push_back(sample);
    if (options.sixteen_bit) samples.push_back(sample);  // 257 times the sample: the same brightness.
  }
  const size_t row = samples.size() / picture.height;
  std::vector<png_bytep> rows;
  for (int y = 0; y < picture.height; ++y) rows.push_back(samples.data() + y * row);
  png_write_image(png, rows.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return file;
}

std::string PngChunk(std::string_view type, std::string_view data) {
  std::string chunk;
  AppendBigEndian(static_cast<uint32_t>(data.size()), &chunk);
  const std::string body = Cat(type, data);
  chunk += body;
  AppendBigEndian(static_cast<uint32_t>(::crc32(0, reinterpret_cast<const Bytef*>(body.data()), body.size())), &chunk);
  return chunk;
}

std::string PngHeader(uint32_t width, uint32_t height) {
  std::string header;
  AppendBigEndian(width, &header);
  AppendBigEndian(height, &header);
  header += std::string("\x08\x02\x00\x00\x00", 5);
  // Where the pixels would begin, or libpng would not call the header complete.
  return "\x89PNG\r\n\x1a\n" + PngChunk("IHDR", header) + std::string("\0\0\0\0IDAT", 8);
}

std::string CifarRecord(int label, int red, int green, int blue, int coarse) {
  std::string record;
  if (coarse >= 0) record.push_back(static_cast<char>(coarse));
  record.push_back(static_cast<char>(label));
  for (const int first : {red, green, blue}) {
    for (int i = 0; i < 1024; ++i) record.push_back(static_cast<char>(first + i));
  }
  return record;
}

std::string IdxImages(uint32_t pictures, uint32_t rows, uint32_t columns) {
  std::string file;
  for (const uint32_t number : {0x803u, pictures, rows, columns}) AppendBigEndian(number, &file);
  for (uint32_t n = 0; n < pictures; ++n) {
    for (uint32_t i = 0; i < rows * columns; ++i) file.push_back(static_cast<char>(n + i));
  }
  return file;
}

std::string IdxLabels(const std::vector<uint8_t>& labels) {
  std::string file;
  AppendBigEndian(0x801, &file);
  AppendBigEndian(static_cast<uint32_t>(labels.size()), &file);
  file.append(labels.begin(), labels.end());
  return file;
}

namespace {

// With the window bits that zlib tells its two forms by.
std::string Packed(std::string_view bytes, int window_bits) {
  z_stream stream = {};
  EXPECT_EQ(::deflateInit2(&stream, 6, Z_DEFLATED, window_bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(::deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(::deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  ::deflateEnd(&stream);
  return packed;
}

}  // namespace

std::string Deflated(std::string_view bytes) { return Packed(bytes, 15); }

std::string Gzip(std::string_view bytes) { return Packed(bytes, 15 + 16); }

}  // namespace shoal
