#include "data/section_file.h"

#include <algorithm>

#include "common/crc32c.h"
#include "common/status.h"

namespace shoal {

absl::Status CheckSectionPlace(const std::string& path, std::string_view file, const SectionEntry& entry,
                               std::string_view name, uint64_t expected_bytes) {
  if (entry.offset % kSectionAlignment != 0 || entry.offset < kSectionFileHeaderBytes || entry.offset > file.size() ||
      entry.bytes > file.size() - entry.offset) {
    return DataLoss(path, ": section ", name, ": bytes ", entry.offset, " + ", entry.bytes,
                    " do not lie in the file of ", file.size(), kPreparedFileCure);
  }
  if (entry.bytes != expected_bytes) {
    return DataLoss(path, ": section ", name, ": ", entry.bytes, " bytes, expected ", expected_bytes,
                    kPreparedFileCure);
  }
  return absl::OkStatus();
}

absl::Status CheckSection(const std::string& path, std::string_view file, const SectionEntry& entry,
                          std::string_view name, uint64_t expected_bytes) {
  if (const absl::Status status = CheckSectionPlace(path, file, entry, name, expected_bytes); !status.ok()) {
    return status;
  }
  const uint32_t crc = Crc32c(file.substr(entry.offset, entry.bytes));
  if (crc == entry.crc32c) return absl::OkStatus();
  return DataLoss(path, ": section ", name, ": checksum ", crc, ", expected ", entry.crc32c, kPreparedFileCure);
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
