// ByteStream: a file's bytes in order, decompressed where it is compressed: gzip (so also dictzip's .dz), xz, zstd,
// told apart by their first bytes, not by the name.
//
// Memory is bounded: a buffer of compressed bytes and what the format's window takes (zstd and xz files that ask for
// more than kMaxWindowBytes are refused).
//
// Thread rule: belongs to one thread at a time.

#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "absl/status/statusor.h"

namespace shoal {

inline constexpr uint64_t kMaxWindowBytes = uint64_t{1} << 30;

class ByteStream {
 public:
  // NotFound, PermissionDenied ... name the path.
  static absl::StatusOr<std::unique_ptr<ByteStream>> Open(const std::string& path);
  virtual ~ByteStream() = default;

  // Fills `out` from its start and returns how many bytes came: fewer than asked for at the end only, then 0.
  // DataLoss: the compressed data is damaged or ends early; the message names the file and what it is.
  virtual absl::StatusOr<size_t> Read(std::span<char> out) = 0;

  // Of the file as it is stored; for progress.
  virtual uint64_t file_bytes_read() const = 0;
};

}  // namespace shoal
