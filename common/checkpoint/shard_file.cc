#include "common/checkpoint/shard_file.h"

#include <cstring>
#include <utility>

#include "common/crc32c.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr uint32_t kByteOrder = 0x01020304;

struct FileHead {
  char magic[8];
  uint32_t version;
  uint32_t byte_order;
};

struct BlockHead {
  uint64_t bytes;   // Of the block, without this head.
  uint32_t crc32c;  // Of the block's bytes, continued over `number`.
  uint32_t number;  // From 0; modulo 2^32.
};

template <typename T>
std::string_view BytesOf(const T& value) {
  return {reinterpret_cast<const char*>(&value), sizeof(value)};
}

FileHead HeadOfThisVersion() {
  FileHead head{.version = kShardVersion, .byte_order = kByteOrder};
  std::memcpy(head.magic, kShardMagic.data(), sizeof(head.magic));
  return head;
}

}  // namespace

absl::StatusOr<std::unique_ptr<ShardWriter>> ShardWriter::Create(FileSystem* files, const std::string& folder,
                                                                 const std::string& file) {
  ASSIGN_OR_RETURN(auto out, files->CreateFile(Cat(folder, "/", file)));
  std::unique_ptr<ShardWriter> writer(new ShardWriter(file, std::move(out)));
  const FileHead head = HeadOfThisVersion();
  RETURN_IF_ERROR(writer->out_->Append(BytesOf(head)));
  writer->bytes_ = sizeof(head);
  return writer;
}

absl::Status ShardWriter::Append(std::span<const std::string_view> parts) {
  BlockHead head{.bytes = 0, .crc32c = 0, .number = static_cast<uint32_t>(blocks_)};
  for (const std::string_view part : parts) {
    head.bytes += part.size();
    head.crc32c = Crc32c(part, head.crc32c);
  }
  if (head.bytes == 0 || head.bytes > kMaxShardBlockBytes) {
    return InvalidArgument("a block of ", head.bytes, " bytes for ", file_, ", not in 1..", kMaxShardBlockBytes);
  }
  head.crc32c = Crc32c(BytesOf(head.number), head.crc32c);
  RETURN_IF_ERROR(out_->Append(BytesOf(head)));
  for (const std::string_view part : parts) {
    RETURN_IF_ERROR(out_->Append(part));
  }
  bytes_ += sizeof(head) + head.bytes;
  ++blocks_;
  crc_of_crcs_ = Crc32c(BytesOf(head.crc32c), crc_of_crcs_);
  return absl::OkStatus();
}

absl::StatusOr<checkpoint::Shard> ShardWriter::Finish() {
  RETURN_IF_ERROR(out_->Sync());
  checkpoint::Shard shard;
  shard.set_file(file_);
  shard.set_bytes(bytes_);
  shard.set_blocks(blocks_);
  shard.set_crc32c(crc_of_crcs_);
  return shard;
}

absl::StatusOr<std::unique_ptr<ShardReader>> ShardReader::Open(FileSystem* files, const std::string& folder,
                                                               const checkpoint::Shard& shard) {
  std::string path = Cat(folder, "/", shard.file());
  ASSIGN_OR_RETURN(auto in, files->OpenFile(path));
  if (in->size() != shard.bytes()) {
    return DataLoss(path, " has ", in->size(), " bytes, and its manifest says ", shard.bytes());
  }
  FileHead head;
  if (in->size() < sizeof(head)) return DataLoss(path, " is shorter than the head of a shard file");
  RETURN_IF_ERROR(in->Read(0, sizeof(head), reinterpret_cast<char*>(&head)));
  if (std::memcmp(head.magic, kShardMagic.data(), sizeof(head.magic)) != 0) {
    return DataLoss(path, " is not a shard file: it does not begin with \"", kShardMagic, "\"");
  }
  if (head.byte_order != kByteOrder || head.version != kShardVersion) {
    return DataLoss(path, " is a shard file of version ", head.version, " and byte order ", head.byte_order,
                    "; this build reads version ", kShardVersion, " and ", kByteOrder);
  }
  std::unique_ptr<ShardReader> reader(new ShardReader(std::move(path), shard, std::move(in)));
  reader->offset_ = sizeof(head);
  return reader;
}

absl::StatusOr<std::optional<std::string_view>> ShardReader::Next() {
  if (offset_ == shard_.bytes()) {
    if (blocks_ == shard_.blocks() && crc_of_crcs_ == shard_.crc32c()) return std::nullopt;
    return DataLoss(path_, " is not the file that its manifest is of: ", blocks_, " blocks with checksum ",
                    crc_of_crcs_, ", and the manifest says ", shard_.blocks(), " and ", shard_.crc32c());
  }
  const auto damaged = [&](std::string_view how) {
    return DataLoss(path_, ": block ", blocks_, " at byte ", offset_, " is damaged: ", how);
  };
  BlockHead head;
  if (shard_.bytes() - offset_ < sizeof(head)) return damaged("the file ends in its head");
  RETURN_IF_ERROR(in_->Read(offset_, sizeof(head), reinterpret_cast<char*>(&head)));
  if (head.bytes == 0 || head.bytes > kMaxShardBlockBytes) return damaged(Cat(head.bytes, " bytes long"));
  if (head.bytes > shard_.bytes() - offset_ - sizeof(head)) return damaged("it is longer than the file");
  block_.resize(head.bytes);
  RETURN_IF_ERROR(in_->Read(offset_ + sizeof(head), head.bytes, block_.data()));
  const uint32_t crc = Crc32c(BytesOf(head.number), Crc32c({block_.data(), block_.size()}));
  if (crc != head.crc32c) return damaged(Cat("its checksum is ", crc, ", not ", head.crc32c));
  if (head.number != static_cast<uint32_t>(blocks_)) return damaged(Cat("it says that it is block ", head.number));
  offset_ += sizeof(head) + head.bytes;
  ++blocks_;
  crc_of_crcs_ = Crc32c(BytesOf(head.crc32c), crc_of_crcs_);
  return std::string_view(block_.data(), block_.size());
}

}  // namespace shoal
