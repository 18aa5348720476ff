// What prepared files (token files, image files) have in common: a header's page, then aligned sections that the header
// lists, each with its checksum; the large one among them has a checksum a block instead, in a section of its own.
//
// Thread rule: SectionWriter and BlockChecksums belong to one thread at a time; the functions are safe from any thread.

#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/files.h"

namespace shoal {

// The header's page, a section's first byte on a multiple of, and a block that has one checksum.
inline constexpr uint64_t kSectionFileHeaderBytes = 4096;
inline constexpr uint64_t kSectionAlignment = 64;
inline constexpr uint64_t kChecksumBlockBytes = uint64_t{1} << 20;

// As it stands in the header.
struct SectionEntry {
  uint64_t offset;
  uint64_t bytes;
  uint32_t crc32c;  // 0 of the section whose blocks have their own.
  uint32_t reserved;
};

// What every message of a file that cannot be used ends with.
inline constexpr std::string_view kPreparedFileCure = "; delete it, and the next run prepares the set again";

// Whether the section lies in `file` and has `expected_bytes`. DataLoss names the file and the section.
absl::Status CheckSectionPlace(const std::string& path, std::string_view file, const SectionEntry& entry,
                               std::string_view name, uint64_t expected_bytes);
// And whether its checksum is right.
absl::Status CheckSection(const std::string& path, std::string_view file, const SectionEntry& entry,
                          std::string_view name, uint64_t expected_bytes);

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
  // `file` must outlive it and be empty; room for the header is left.
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
