#include "data/token_file_writer.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <utility>

#include "common/crc32c.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr size_t kPendingStarts = size_t{1} << 16;
constexpr uint64_t kPageBytes = 4096;

template <typename T>
std::string_view BytesOf(const std::vector<T>& values) {
  return {reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T)};
}

}  // namespace

absl::StatusOr<std::unique_ptr<TokenFileWriter>> TokenFileWriter::Create(const std::string& path,
                                                                         const Vocabulary& vocabulary,
                                                                         std::string_view key,
                                                                         uint32_t max_sentence_words) {
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(path));
  const std::string folder = std::filesystem::path(path).parent_path().string();
  ASSIGN_OR_RETURN(auto starts, SpillFile::Create(folder.empty() ? "." : folder));
  std::unique_ptr<TokenFileWriter> writer(new TokenFileWriter(std::move(file), std::move(starts), max_sentence_words));
  RETURN_IF_ERROR(writer->file_->Append(std::string(kTokenFileHeaderBytes, '\0')));
  writer->header_.words = vocabulary.size();
  RETURN_IF_ERROR(writer->AppendSection(TokenFileSection::kKey, key));
  RETURN_IF_ERROR(writer->AppendSection(TokenFileSection::kWordEnds, BytesOf(vocabulary.words().ends())));
  RETURN_IF_ERROR(writer->AppendSection(TokenFileSection::kLetters, vocabulary.words().letters()));
  RETURN_IF_ERROR(writer->AppendSection(TokenFileSection::kCounts, BytesOf(vocabulary.counts())));
  RETURN_IF_ERROR(writer->BeginSection(TokenFileSection::kTokens, kPageBytes));
  return writer;
}

absl::Status TokenFileWriter::BeginSection(TokenFileSection section, uint64_t alignment) {
  const uint64_t padding = (alignment - file_->size() % alignment) % alignment;
  RETURN_IF_ERROR(file_->Append(std::string(padding, '\0')));
  header_.sections[static_cast<size_t>(section)].offset = file_->size();
  return absl::OkStatus();
}

absl::Status TokenFileWriter::AppendSection(TokenFileSection section, std::string_view bytes) {
  RETURN_IF_ERROR(BeginSection(section, kTokenFileAlignment));
  TokenFileSectionEntry& entry = header_.sections[static_cast<size_t>(section)];
  entry.bytes = bytes.size();
  entry.crc32c = Crc32c(bytes);
  return file_->Append(bytes);
}

void TokenFileWriter::ChecksumTokens(std::span<const uint32_t> ids) {
  while (!ids.empty()) {
    const auto part = ids.first(std::min<uint64_t>(ids.size(), kTokensPerBlock - block_tokens_));
    block_crc_ = Crc32c({reinterpret_cast<const char*>(part.data()), part.size_bytes()}, block_crc_);
    block_tokens_ += part.size();
    ids = ids.subspan(part.size());
    if (block_tokens_ < kTokensPerBlock) return;
    block_crcs_.push_back(block_crc_);
    block_tokens_ = block_crc_ = 0;
  }
}

// Gives `words` more, which begin at token `begin`, to the sentence being written, and cuts where it has its fill.
void TokenFileWriter::ExtendSentence(uint64_t words, uint64_t begin) {
  while (words > 0) {
    if (sentence_words_ == max_sentence_words_) {
      sentence_words_ = 0;
      ++sentences_cut_;
    }
    if (sentence_words_ == 0) {
      pending_starts_.push_back(begin);
      ++sentences_;
    }
    const uint64_t taken = std::min(words, max_sentence_words_ - sentence_words_);
    sentence_words_ += taken;
    begin += taken;
    words -= taken;
  }
}

absl::Status TokenFileWriter::FlushStarts() {
  const std::string_view bytes = BytesOf(pending_starts_);
  auto& crc = header_.sections[static_cast<size_t>(TokenFileSection::kSentences)].crc32c;
  crc = Crc32c(bytes, crc);
  RETURN_IF_ERROR(starts_->Append({&bytes, 1}).status());
  pending_starts_.clear();
  return absl::OkStatus();
}

absl::Status TokenFileWriter::Append(std::span<const uint32_t> ids, std::span<const uint32_t> line_words,
                                     bool starts_line) {
  for (const uint32_t words : line_words) {
    if (starts_line) sentence_words_ = 0;
    starts_line = true;
    ExtendSentence(words, tokens_);
    tokens_ += words;
    if (pending_starts_.size() >= kPendingStarts) {
      RETURN_IF_ERROR(FlushStarts());
    }
  }
  ChecksumTokens(ids);
  return file_->Append({reinterpret_cast<const char*>(ids.data()), ids.size_bytes()});
}

absl::Status TokenFileWriter::AppendSentences() {
  pending_starts_.push_back(tokens_);
  RETURN_IF_ERROR(FlushStarts());
  RETURN_IF_ERROR(BeginSection(TokenFileSection::kSentences, kTokenFileAlignment));
  header_.sections[static_cast<size_t>(TokenFileSection::kSentences)].bytes = starts_->size();
  std::vector<char> part(kPendingStarts * sizeof(uint64_t));
  for (uint64_t done = 0; done < starts_->size();) {
    part.resize(std::min<uint64_t>(part.size(), starts_->size() - done));
    RETURN_IF_ERROR(starts_->Read(done, part));
    RETURN_IF_ERROR(file_->Append({part.data(), part.size()}));
    done += part.size();
  }
  return absl::OkStatus();
}

absl::Status TokenFileWriter::Commit(CorpusCounts counts) {
  header_.sections[static_cast<size_t>(TokenFileSection::kTokens)].bytes = tokens_ * sizeof(uint32_t);
  if (block_tokens_ > 0) block_crcs_.push_back(block_crc_);
  RETURN_IF_ERROR(AppendSentences());
  RETURN_IF_ERROR(AppendSection(TokenFileSection::kBlocks, BytesOf(block_crcs_)));
  counts.sentences_cut = sentences_cut_;
  std::memcpy(header_.magic, kTokenFileMagic.data(), sizeof(header_.magic));
  header_.version = kTokenFileVersion;
  header_.byte_order = kTokenFileByteOrder;
  header_.file_bytes = file_->size();
  header_.tokens = tokens_;
  header_.sentences = sentences_;
  header_.counts = counts;
  const std::string_view bytes(reinterpret_cast<const char*>(&header_), sizeof(header_));
  header_.header_crc32c = Crc32c(bytes.substr(0, offsetof(TokenFileHeader, header_crc32c)));
  RETURN_IF_ERROR(file_->Rewrite(0, bytes));
  return file_->Commit();
}

}  // namespace shoal
