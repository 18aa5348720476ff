// What prepared files (token files, image files) have in common: a header's page, then aligned sections that the header
// lists, each with its checksum; the large one among them has a checksum a block instead, in a section of its own.
//
// A header begins with magic, version, byte_order and file_bytes, and ends with header_crc32c, of all before it.
//
// Thread rule: SectionWriter and BlockChecksums belong to one thread at a time; the functions are safe from any thread.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/crc32c.h"
#include "common/files.h"
#include "common/status.h"

namespace shoal {

static_assert(std::endian::native == std::endian::little, "prepared files are little-endian, and mapped as they are");

// A kind of prepared file.
struct SectionFileKind {
  std::string_view magic;  // 8 bytes.
  uint32_t version;
  std::string_view name;  // "a token file".
  std::string_view set;   // What it is made of: "corpus".
};

inline constexpr uint32_t kSectionFileByteOrder = 0x01020304;
// The header's page; sections start on multiples of kSectionAlignment, large ones on a page.
inline constexpr uint64_t kSectionFileHeaderBytes = 4096;
inline constexpr uint64_t kSectionAlignment = 64;
inline constexpr uint64_t kPageAlignment = 4096;
// What has one checksum in a section of blocks.
inline constexpr uint64_t kChecksumBlockBytes = uint64_t{1} << 20;

// As it stands in the header.
struct SectionEntry {
  uint64_t offset;
  uint64_t bytes;
  uint32_t crc32c;  // 0 of the section whose blocks have their own.
  uint32_t reserved;
};

// A file's bytes with its path, for checks that name it.
struct SectionFileBytes {
  const SectionFileKind& kind;
  const std::string& path;
  std::string_view bytes;

  // DataLoss "path: what; delete it, and the next run prepares the corpus again".
  template <typename... Args>
  absl::Status Unusable(Args&&... what) const {
    return DataLoss(path, ": ", std::forward<Args>(what)..., "; delete it, and the next run prepares the ", kind.set,
                    " again");
  }
  // What every header has; `crc_offset` is where its checksum stands.
  absl::Status CheckHeader(size_t crc_offset) const;
  // Whether the section lies in the file and has `expected_bytes`.
  absl::Status CheckPlace(const SectionEntry& entry, std::string_view name, uint64_t expected_bytes) const;
  // And whether its checksum is right.
  absl::Status CheckSection(const SectionEntry& entry, std::string_view name, uint64_t expected_bytes) const;
};

template <typename Header>
absl::Status ReadHeader(const SectionFileBytes& file, Header* header) {
  if (const absl::Status status = file.CheckHeader(offsetof(Header, header_crc32c)); !status.ok()) return status;
  std::memcpy(header, file.bytes.data(), sizeof(*header));
  return absl::OkStatus();
}

// Fills in what every header has, as the last step of writing one.
template <typename Header>
void SealHeader(const SectionFileKind& kind, uint64_t file_bytes, Header* header) {
  std::memcpy(header->magic, kind.magic.data(), sizeof(header->magic));
  header->version = kind.version;
  header->byte_order = kSectionFileByteOrder;
  header->file_bytes = file_bytes;
  header->header_crc32c = Crc32c({reinterpret_cast<const char*>(header), offsetof(Header, header_crc32c)});
}

template <typename T>
std::span<const T> SectionOf(std::string_view file, const SectionEntry& entry) {
  return {reinterpret_cast<const T*>(file.data() + entry.offset), entry.bytes / sizeof(T)};
}

// Blocks of `bytes` bytes.
constexpr uint64_t ChecksumBlocks(uint64_t bytes) { return (bytes + kChecksumBlockBytes - 1) / kChecksumBlockBytes; }

// Of bytes that come piece by piece, the checksum of each block.
class BlockChecksums {
 public:
  void Add(std::string_view bytes);
  // Once, after the last piece.
  const std::vector<uint32_t>& Finish();

 private:
  uint64_t block_bytes_ = 0;
  uint32_t crc_ = 0;
  std::vector<uint32_t> checksums_;
};

class SectionWriter {
 public:
  // `file` must outlive it and be empty.
  explicit SectionWriter(AtomicFile* file) : file_(file) {}

  absl::Status LeaveRoomForHeader() { return file_->Append(std::string(kSectionFileHeaderBytes, '\0')); }

  // The next bytes of the file will be a section's; `entry` gets where it begins.
  absl::Status Begin(SectionEntry* entry, uint64_t alignment = kSectionAlignment);
  // A whole section.
  absl::Status Append(std::string_view bytes, SectionEntry* entry);

 private:
  AtomicFile* const file_;
};

template <typename T>
std::string_view BytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace shoal
