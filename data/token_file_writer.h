// TokenFileWriter: makes a token file from a stream of ids. Memory does not grow with the stream: ids go to the file,
// the starts of sentences to a spill file beside it.
//
//   ASSIGN_OR_RETURN(auto writer, TokenFileWriter::Create(path, vocabulary, key, /*max_sentence_words=*/10000));
//   RETURN_IF_ERROR(writer->Append(ids, line_words, /*starts_line=*/true));
//   RETURN_IF_ERROR(writer->Commit(counts));
//
// Grammar: docs/formats/tokens.md. Thread rule: belongs to one thread at a time.

#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/files.h"
#include "data/corpus_counts.h"
#include "data/section_file.h"
#include "data/spill_file.h"
#include "data/token_file_format.h"
#include "data/vocabulary.h"

namespace shoal {

class TokenFileWriter {
 public:
  // The file appears at `path` on Commit. `key` says what it is made of.
  static absl::StatusOr<std::unique_ptr<TokenFileWriter>> Create(const std::string& path, const Vocabulary& vocabulary,
                                                                 std::string_view key, uint32_t max_sentence_words);

  // Takes `ids`, all below the vocabulary's size, as the words of consecutive lines: line i has line_words[i] of them.
  // Where `starts_line` is false, the first line goes on with the last one of the call before. Lines of no words leave
  // no sentence.
  absl::Status Append(std::span<const uint32_t> ids, std::span<const uint32_t> line_words, bool starts_line);

  // `counts` are stored, with sentences_cut from here.
  absl::Status Commit(CorpusCounts counts);

  uint64_t tokens() const { return tokens_; }
  uint64_t sentences() const { return sentences_; }
  uint64_t sentences_cut() const { return sentences_cut_; }

 private:
  TokenFileWriter(std::unique_ptr<AtomicFile> file, std::unique_ptr<SpillFile> starts, uint32_t max_sentence_words)
      : file_(std::move(file)),
        sections_(file_.get()),
        starts_(std::move(starts)),
        max_sentence_words_(max_sentence_words) {}

  absl::Status AppendSection(TokenFileSection section, std::string_view bytes);
  void ExtendSentence(uint64_t words, uint64_t begin);
  absl::Status FlushStarts();
  absl::Status AppendSentences();

  const std::unique_ptr<AtomicFile> file_;
  SectionWriter sections_;
  const std::unique_ptr<SpillFile> starts_;
  const uint64_t max_sentence_words_;
  TokenFileHeader header_ = {};
  uint64_t tokens_ = 0;
  uint64_t sentences_ = 0;
  uint64_t sentences_cut_ = 0;
  uint64_t sentence_words_ = 0;  // Of the sentence being written; 0: none.
  std::vector<uint64_t> pending_starts_;
  BlockChecksums blocks_;
};

}  // namespace shoal
