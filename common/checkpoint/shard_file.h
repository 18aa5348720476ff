// Shard files: what one server held of one store at a checkpoint, as blocks that each carry their checksum
// (docs/formats/checkpoint.md). What a block means is the store's business.
//
// A file is whole only by the word of its manifest, which has its size and the checksum of all checksums: so neither a
// truncated file nor one of another checkpoint is taken for it.
//
// Thread rule: one owner at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/file_system.h"
#include "proto/checkpoint.pb.h"

namespace shoal {

inline constexpr std::string_view kShardMagic = "shoalshd";
inline constexpr uint32_t kShardVersion = 1;
inline constexpr uint64_t kMaxShardBlockBytes = uint64_t{64} << 20;

class ShardWriter {
 public:
  // Begins the file `folder`/`file`.
  static absl::StatusOr<std::unique_ptr<ShardWriter>> Create(FileSystem* files, const std::string& folder,
                                                             const std::string& file);

  // Writes a block: `parts`, end to end, together 1..kMaxShardBlockBytes bytes.
  absl::Status Append(std::span<const std::string_view> parts);

  // Syncs the file, and says of it what its manifest must: file, bytes, blocks, crc32c.
  absl::StatusOr<checkpoint::Shard> Finish();

 private:
  ShardWriter(std::string file, std::unique_ptr<WritableFile> out) : file_(std::move(file)), out_(std::move(out)) {}

  const std::string file_;
  const std::unique_ptr<WritableFile> out_;
  uint64_t bytes_ = 0;
  uint64_t blocks_ = 0;
  uint32_t crc_of_crcs_ = 0;
};

class ShardReader {
 public:
  // Opens the file that `shard` describes. NotFound; DataLoss: its size or its head is not what it should be.
  static absl::StatusOr<std::unique_ptr<ShardReader>> Open(FileSystem* files, const std::string& folder,
                                                           const checkpoint::Shard& shard);

  // The next block's bytes, valid until the next call; nothing after the last. DataLoss names the file, the block and
  // the byte it begins at.
  absl::StatusOr<std::optional<std::string_view>> Next();

 private:
  ShardReader(std::string path, const checkpoint::Shard& shard, std::unique_ptr<ReadableFile> in)
      : path_(std::move(path)), shard_(shard), in_(std::move(in)) {}

  const std::string path_;
  const checkpoint::Shard shard_;
  const std::unique_ptr<ReadableFile> in_;
  uint64_t offset_ = 0;
  uint64_t blocks_ = 0;
  uint32_t crc_of_crcs_ = 0;
  std::vector<char> block_;
};

}  // namespace shoal
