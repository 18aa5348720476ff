#include "data/section_file.h"

namespace shoal {
namespace {

// How every header begins.
struct HeaderStart {
  char magic[8];
  uint32_t version;
  uint32_t byte_order;
  uint64_t file_bytes;
};

}  // namespace

absl::Status SectionFileBytes::CheckHeader(size_t crc_offset) const {
  if (bytes.size() < kSectionFileHeaderBytes) {
    return Unusable("header: the file has ", bytes.size(), " bytes, fewer than a header's ", kSectionFileHeaderBytes);
  }
  if (!bytes.starts_with(kind.magic)) {
    return DataLoss(path, ": header: not ", kind.name, ": it does not start with \"", kind.magic, "\"");
  }
  HeaderStart start;
  std::memcpy(&start, bytes.data(), sizeof(start));
  if (start.byte_order != kSectionFileByteOrder) return Unusable("header: written on a machine of another byte order");
  if (start.version != kind.version) {
    return Unusable("header: version ", start.version, ", this build reads version ", kind.version);
  }
  uint32_t expected;
  std::memcpy(&expected, bytes.data() + crc_offset, sizeof(expected));
  const uint32_t crc = Crc32c(bytes.substr(0, crc_offset));
  if (crc != expected) return Unusable("header: checksum ", crc, ", expected ", expected);
  if (start.file_bytes == bytes.size()) return absl::OkStatus();
  return Unusable("the file has ", bytes.size(), " bytes, its header says ", start.file_bytes);
}

absl::Status SectionFileBytes::CheckPlace(const SectionEntry& entry, std::string_view name,
                                          uint64_t expected_bytes) const {
  if (entry.offset % kSectionAlignment != 0 || entry.offset < kSectionFileHeaderBytes || entry.offset > bytes.size() ||
      entry.bytes > bytes.size() - entry.offset) {
    return Unusable("section ", name, ": bytes ", entry.offset, " + ", entry.bytes, " do not lie in the file of ",
                    bytes.size());
  }
  if (entry.bytes == expected_bytes) return absl::OkStatus();
  return Unusable("section ", name, ": ", entry.bytes, " bytes, expected ", expected_bytes);
}

absl::Status SectionFileBytes::CheckSection(const SectionEntry& entry, std::string_view name,
                                            uint64_t expected_bytes) const {
  RETURN_IF_ERROR(CheckPlace(entry, name, expected_bytes));
  const uint32_t crc = Crc32c(bytes.substr(entry.offset, entry.bytes));
  if (crc == entry.crc32c) return absl::OkStatus();
  return Unusable("section ", name, ": checksum ", crc, ", expected ", entry.crc32c);
}

void BlockChecksums::Add(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::string_view part = bytes.substr(0, kChecksumBlockBytes - block_bytes_);
    crc_ = Crc32c(part, crc_);
    block_bytes_ += part.size();
    bytes.remove_prefix(part.size());
    if (block_bytes_ < kChecksumBlockBytes) return;
    checksums_.push_back(crc_);
    block_bytes_ = crc_ = 0;
  }
}

const std::vector<uint32_t>& BlockChecksums::Finish() {
  if (block_bytes_ > 0) checksums_.push_back(crc_);
  block_bytes_ = crc_ = 0;
  return checksums_;
}

absl::Status SectionWriter::Begin(SectionEntry* entry, uint64_t alignment) {
  const uint64_t padding = (alignment - file_->size() % alignment) % alignment;
  RETURN_IF_ERROR(file_->Append(std::string(padding, '\0')));
  entry->offset = file_->size();
  return absl::OkStatus();
}

absl::Status SectionWriter::Append(std::string_view bytes, SectionEntry* entry) {
  RETURN_IF_ERROR(Begin(entry));
  entry->bytes = bytes.size();
  entry->crc32c = Crc32c(bytes);
  return file_->Append(bytes);
}

}  // namespace shoal
