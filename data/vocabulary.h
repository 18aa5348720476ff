// Vocabulary: the words of a corpus that have an id, commonest first, with their counts.
//
// Order: falling count; words of equal count by their bytes. So an id is also a frequency rank, and the order does not
// depend on how the words were found.
//
// Thread rule: immutable; safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "data/word_table.h"

namespace shoal {

// What an output folder's vocabulary is called (TokenFile::WriteVocabulary).
inline constexpr std::string_view kVocabularyFileName = "vocabulary.txt";

// Which of the words seen are kept.
struct VocabularyLimits {
  uint64_t min_count = 1;
  uint64_t max_words = 0;  // The commonest; 0 keeps all.
};

class Vocabulary {
 public:
  // `counts` [types.size()] of the words of `types`; at most kMaxVocabularyWords are kept whatever the limits say.
  static Vocabulary FromCounts(const WordTable& types, const std::vector<uint64_t>& counts,
                               const VocabularyLimits& limits);

  // Reads "word count" lines, in any order (docs/formats/vectors.md). InvalidArgument names the line: no count, a word
  // twice or too long; or there are no words at all, or none frequent enough; or it is no text (text_start.h). A byte
  // order mark at its start is dropped.
  static absl::StatusOr<Vocabulary> Read(const std::string& path, const VocabularyLimits& limits);

  uint32_t size() const { return words_.size(); }
  std::string_view word(uint32_t id) const { return words_.word(id); }
  uint64_t count(uint32_t id) const { return counts_[id]; }
  const std::vector<uint64_t>& counts() const { return counts_; }
  const WordTable& words() const { return words_; }

 private:
  WordTable words_;
  std::vector<uint64_t> counts_;
};

}  // namespace shoal
