// WordLookup: from a word as a test file spells it to its row among word vectors.
//
// Test files write "Athens" where a corpus has "athens". Case is ignored as gensim ignores it: of words that differ in
// case only, the first (commonest) stands for all.
//
// Thread rule: immutable after construction; safe from any thread. The vectors must outlive it.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data/word_vectors.h"

namespace shoal {

// Lower case by Unicode's simple mapping; bytes that are no UTF-8 stay as they are.
std::string FoldCase(std::string_view text);

class WordLookup {
 public:
  // Over the first `first_words` rows, or all where there are fewer.
  explicit WordLookup(const WordVectors& vectors, uint64_t first_words = kMaxVectorWords);

  uint64_t words() const { return representatives_.size(); }

  // The first row whose word equals `word` but for case.
  std::optional<uint64_t> Find(std::string_view word) const;

  // The first row whose word equals that of `row` but for case.
  uint64_t Representative(uint64_t row) const { return representatives_[row]; }

 private:
  std::unordered_map<std::string, uint64_t> rows_;
  std::vector<uint64_t> representatives_;
};

// The row of `word` as it is written, else but for case. NotFound names the word.
absl::StatusOr<uint64_t> RowOf(const WordVectors& vectors, const WordLookup& lookup, std::string_view word);

}  // namespace shoal
