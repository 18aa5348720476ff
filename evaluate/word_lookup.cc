#include "evaluate/word_lookup.h"

#include <utf8proc.h>

#include <algorithm>

#include "common/status.h"

namespace shoal {

std::string FoldCase(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  while (!text.empty()) {
    utf8proc_int32_t letter;
    const auto bytes = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
    const utf8proc_ssize_t length = utf8proc_iterate(bytes, text.size(), &letter);
    if (length <= 0) {
      folded += text.front();
      text.remove_prefix(1);
      continue;
    }
    utf8proc_uint8_t encoded[4];
    folded.append(reinterpret_cast<const char*>(encoded), utf8proc_encode_char(utf8proc_tolower(letter), encoded));
    text.remove_prefix(length);
  }
  return folded;
}

WordLookup::WordLookup(const WordVectors& vectors, uint64_t first_words)
    : representatives_(std::min(first_words, vectors.words())) {
  rows_.reserve(words());
  for (uint64_t row = 0; row < words(); ++row) {
    representatives_[row] = rows_.emplace(FoldCase(vectors.word(row)), row).first->second;
  }
}

std::optional<uint64_t> WordLookup::Find(std::string_view word) const {
  const auto found = rows_.find(FoldCase(word));
  if (found == rows_.end()) return std::nullopt;
  return found->second;
}

absl::StatusOr<uint64_t> RowOf(const WordVectors& vectors, const WordLookup& lookup, std::string_view word) {
  if (const auto exact = vectors.Find(word)) return *exact;
  if (const auto folded = lookup.Find(word)) return *folded;
  return NotFound("\"", word, "\" is not among the ", vectors.words(), " words of the vectors; the commonest is \"",
                  vectors.word(0), "\"");
}

}  // namespace shoal
