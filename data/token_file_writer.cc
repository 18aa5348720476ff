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

}  // namespace

absl::StatusOr<std::unique_ptr<TokenFileWriter>> TokenFileWriter::Create(const std::string& path,
                                                                         const Vocabulary& vocabulary,
                                                                         std::string_view key,
                                                                         uint32_t max_sentence_words) {
  ASSIGN_OR_RETURN(auto file, AtomicFile::Create(path));
  const std::string folder = std::filesystem::path(path).parent_path().string();
  ASSIGN_OR_RETURN(auto starts, SpillFile::Create(folder.empty() ? "." : folder));
  std::unique_ptr<TokenFileWriter> writer(new TokenFileWriter(std::move(file), std::move(starts), max_sentence_words));
  RETURN_IF_ERROR(writer->sections_.LeaveRoomForHeader());
  writer->header_.words = vocabulary.size();
  RETURN_IF_ERROR(writer->AppendSection(TokenFileSection::kKey, key));
  RETURN_IF_ERROR(writer->AppendSection(TokenFileSection::kWordEnds, BytesOf(vocabulary.words().ends())));
  RETURN_IF_ERROR(writer->AppendSection(TokenFileSection::kLetters, vocabulary.words().letters()));
  RETURN_IF_ERROR(writer->AppendSection(TokenFileSection::kCounts, BytesOf(vocabulary.counts())));
  RETURN_IF_ERROR(writer->sections_.Begin(&writer->header_.at(TokenFileSection::kTokens), kPageAlignment));
  return writer;
}

absl::Status TokenFileWriter::AppendSection(TokenFileSection section, std::string_view bytes) {
  return sections_.Append(bytes, &header_.at(section));
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
  auto& crc = header_.at(TokenFileSection::kSentences).crc32c;
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
  const std::string_view bytes(reinterpret_cast<const char*>(ids.data()), ids.size_bytes());
  blocks_.Add(bytes);
  return file_->Append(bytes);
}

absl::Status TokenFileWriter::AppendSentences() {
  pending_starts_.push_back(tokens_);
  RETURN_IF_ERROR(FlushStarts());
  RETURN_IF_ERROR(sections_.Begin(&header_.at(TokenFileSection::kSentences)));
  header_.at(TokenFileSection::kSentences).bytes = starts_->size();
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
  header_.at(TokenFileSection::kTokens).bytes = tokens_ * sizeof(uint32_t);
  RETURN_IF_ERROR(AppendSentences());
  RETURN_IF_ERROR(AppendSection(TokenFileSection::kBlocks, BytesOf(blocks_.Finish())));
  counts.sentences_cut = sentences_cut_;
  header_.tokens = tokens_;
  header_.sentences = sentences_;
  header_.counts = counts;
  SealHeader(kTokenFileKind, file_->size(), &header_);
  RETURN_IF_ERROR(file_->Rewrite(0, {reinterpret_cast<const char*>(&header_), sizeof(header_)}));
  return file_->Commit();
}

}  // namespace shoal
