// Pictures that tests make, and their files: JPEG and PNG by the libraries themselves, CIFAR and IDX byte by byte.
//
// Pure functions.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "data/images/image_view.h"

namespace shoal {

// Samples of a picture, `channels` a pixel.
struct MadePicture {
  int width = 0;
  int height = 0;
  int channels = 3;
  std::vector<uint8_t> samples;

  ImageView view() const { return {samples.data(), width, height}; }
  const uint8_t* at(int x, int y) const { return samples.data() + size_t{1} * channels * (size_t{1} * y * width + x); }
};

// Soft colours that differ everywhere: JPEG keeps them within a few levels.
MadePicture Gradient(int width, int height);
// Every pixel the same.
MadePicture Plain(int width, int height, const std::vector<uint8_t>& pixel);

struct JpegOptions {
  // Of the file: "YCC" and "RGB" from 3 channels, "GREY" from 1, "CMYK" and "YCCK" from 4, as stored.
  std::string_view colours = "YCC";
  bool adobe_marker = true;  // Of CMYK.
  bool progressive = false;
  int quality = 95;
  int orientation = 0;  // EXIF's; 0 writes none.
  bool big_endian = false;
  size_t profile_bytes = 0;  // Of a colour profile that stands before the header.
  int grey_scans = 0;        // Where not 0: of a grey picture, about so many at most, each a bit of some frequencies.
};
std::string JpegFile(const MadePicture& picture, const JpegOptions& options = {});

struct PngOptions {
  bool interlaced = false;
  bool sixteen_bit = false;
  int orientation = 0;  // 0 writes none.
  // Where not empty: samples are numbers of these colours, 3 bytes each.
  std::vector<uint8_t> palette;
  std::vector<uint8_t> palette_alpha;
};
// 1 channel: grey, 2: grey and alpha, 3: RGB, 4: RGBA.
std::string PngFile(const MadePicture& picture, const PngOptions& options = {});
// A chunk of a PNG, which may stand between its header, the first kPngHeaderBytes, and what follows.
inline constexpr size_t kPngHeaderBytes = 33;
std::string PngChunk(std::string_view type, std::string_view data);
// The bytes of a PNG whose header says so and that has no pixels.
std::string PngHeader(uint32_t width, uint32_t height);

// One record of CIFAR-10 (or, with `coarse` not below 0, CIFAR-100) whose pixel i is (red + i, green + i, blue + i).
std::string CifarRecord(int label, int red, int green, int blue, int coarse = -1);

// IDX files of pictures whose pixel i of picture n is n + i, and of labels.
std::string IdxImages(uint32_t pictures, uint32_t rows, uint32_t columns);
std::string IdxLabels(const std::vector<uint8_t>& labels);
// As zlib, which PNG's chunks are packed by, and as gzip packs it.
std::string Deflated(std::string_view bytes);
std::string Gzip(std::string_view bytes);

}  // namespace shoal
