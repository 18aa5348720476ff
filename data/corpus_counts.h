// CorpusCounts: what the preparation of a corpus met and what it did about it. Stored in the token file, so that a run
// that reuses the file can say it too.
//
// Thread rule: a value; one owner at a time.

#pragma once

#include <algorithm>
#include <cstdint>

namespace shoal {

// The layout is part of docs/formats/tokens.md: 64-bit numbers, in this order.
struct CorpusCounts {
  uint64_t files = 0;
  uint64_t text_bytes = 0;      // After decompression.
  uint64_t words_read = 0;      // Before min_count and max_words.
  uint64_t types_read = 0;      // Distinct words, less those pruned.
  uint64_t types_pruned = 0;    // Left the table of max_types_in_memory; a type that came back counts each time.
  uint64_t words_pruned = 0;    // Occurrences lost with them.
  uint64_t invalid_utf8 = 0;    // Ill-formed sequences, each replaced by U+FFFD.
  uint64_t nul_bytes = 0;       // Taken as white space.
  uint64_t words_too_long = 0;  // Dropped: longer than kMaxWordBytes.
  uint64_t sentences_cut = 0;   // Cuts at max_sentence_words.
  uint64_t empty_files = 0;
  uint64_t highest_pruned = 0;  // The most occurrences that a word had between two prunings when it was pruned.

  void Add(const CorpusCounts& other) {
    files += other.files;
    text_bytes += other.text_bytes;
    words_read += other.words_read;
    types_read += other.types_read;
    types_pruned += other.types_pruned;
    words_pruned += other.words_pruned;
    invalid_utf8 += other.invalid_utf8;
    nul_bytes += other.nul_bytes;
    words_too_long += other.words_too_long;
    sentences_cut += other.sentences_cut;
    empty_files += other.empty_files;
    highest_pruned = std::max(highest_pruned, other.highest_pruned);
  }
};

}  // namespace shoal
