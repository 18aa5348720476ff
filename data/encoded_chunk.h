// EncodedChunk: a chunk of text as ids of its own: its words numbered in the order they came, and the running text in
// these numbers. The numbers become ids of the vocabulary once the whole corpus is counted; so the text is read and
// tokenised once only, and the table that does it stays small enough for the cache.
//
// Thread rule: a value; one owner at a time.

#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "common/buffer.h"
#include "data/corpus_counts.h"
#include "data/word_table.h"

namespace shoal {

struct EncodedChunk {
  // False where the first line goes on with the last one of the chunk before.
  bool starts_line = true;
  WordTable types;
  std::vector<uint32_t> type_counts;  // [types]
  std::vector<uint32_t> tokens;       // Ids of `types`.
  // Words of each line, the first and the last one included even if they have none, as either may be a part of a line
  // only; other empty lines are left out.
  std::vector<uint32_t> line_words;
};

// Encodes `text`, in normal form and padded (normalizer.h), into `chunk`, whose memory it reuses. Words longer than
// kMaxWordBytes are dropped and counted; words_read counts the others.
void EncodeChunk(const Buffer& text, bool starts_line, EncodedChunk* chunk, CorpusCounts* counts);

}  // namespace shoal
