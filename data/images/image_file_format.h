// The image file's bytes, as docs/formats/images.md lays them out: shared by its reader and its writer only.
//
// Constants and plain structs; safe from any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "data/images/image_counts.h"
#include "data/images/pixel_sums.h"
#include "data/section_file.h"

namespace shoal {

inline constexpr SectionFileKind kImageFileKind = {
    .magic = "shoalimg", .version = 1, .name = "an image file", .set = "pictures"};
// Of a picture's width and height.
inline constexpr uint32_t kMostSide = 0x7fffffff;

enum class ImageFileSection : uint32_t {
  kKey,           // What the file was made of, text.
  kPixels,        // The pictures' pixels, end to end; empty where they are decoded when they are read.
  kBlocks,        // uint32 [blocks]: checksum of each block of pixels.
  kSizes,         // StoredSize [pictures].
  kLabels,        // int32 [pictures].
  kPathEnds,      // uint64 [pictures]: where each path ends in the path letters.
  kPathLetters,   // The paths' bytes, end to end.
  kFileBytes,     // uint64 [pictures]: of their files; empty where pixels are not.
  kClassEnds,     // uint64 [classes].
  kClassLetters,  // The names' bytes, end to end.
};
inline constexpr size_t kImageFileSections = 10;
inline constexpr std::string_view kImageFileSectionNames[kImageFileSections] = {
    "key",       "pixels",       "block checksums", "sizes",      "labels",
    "path ends", "path letters", "file sizes",      "class ends", "class letters"};

struct StoredSize {
  uint32_t width;
  uint32_t height;
};

struct ImageFileHeader {
  char magic[8];
  uint32_t version;
  uint32_t byte_order;
  uint64_t file_bytes;
  uint64_t pictures;
  uint64_t classes;
  uint32_t decoded;    // 1: pixels are in the file; 0: in the pictures' own files.
  uint32_t shrink_to;  // What pictures that are decoded later are to be shrunk to; 0: nothing.
  uint64_t max_pixels;
  uint64_t max_file_bytes;
  SectionEntry sections[kImageFileSections];
  ImageCounts counts;
  ChannelStatistics statistics;
  uint32_t reserved;
  uint32_t header_crc32c;

  SectionEntry& at(ImageFileSection section) { return sections[static_cast<size_t>(section)]; }
  const SectionEntry& at(ImageFileSection section) const { return sections[static_cast<size_t>(section)]; }
};
static_assert(std::is_trivially_copyable_v<ImageFileHeader> && sizeof(ImageFileHeader) == 424 &&
              sizeof(ImageFileHeader) <= kSectionFileHeaderBytes);

}  // namespace shoal
