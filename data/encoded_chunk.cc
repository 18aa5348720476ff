#include "data/encoded_chunk.h"

#include <emmintrin.h>

#include <bit>

#include "data/normalizer.h"

namespace shoal {
namespace {

// Puts words into a chunk, a few at a time: the slots of all are on their way before the first is looked at.
class WordPutter {
 public:
  WordPutter(EncodedChunk* chunk, CorpusCounts* counts) : chunk_(chunk), counts_(counts) {}

  void Put(const char* word, size_t length) {
    if (length > kMaxWordBytes) {
      ++counts_->words_too_long;
      return;
    }
    const uint64_t key = WordTable::KeyOf(word, length);
    chunk_->types.Prefetch(key);
    pending_[waiting_++] = {key, word, length};
    if (waiting_ == kPending) Flush();
  }

  // `last`: the chunk ends here.
  void EndLine(bool last) {
    Flush();
    const size_t words = chunk_->tokens.size() - line_begin_;
    line_begin_ = chunk_->tokens.size();
    if (words > 0 || last || chunk_->line_words.empty()) chunk_->line_words.push_back(static_cast<uint32_t>(words));
  }

 private:
  static constexpr size_t kPending = 32;
  struct Word {
    uint64_t key;
    const char* letters;
    size_t length;
  };

  void Flush() {
    for (size_t i = 0; i < waiting_; ++i) {
      const Word& word = pending_[i];
      const uint32_t id = chunk_->types.Insert(word.key, word.letters, word.length);
      if (id == chunk_->type_counts.size()) chunk_->type_counts.push_back(0);
      ++chunk_->type_counts[id];
      ids_[i] = id;
    }
    chunk_->tokens.insert(chunk_->tokens.end(), ids_, ids_ + waiting_);
    waiting_ = 0;
  }

  EncodedChunk* const chunk_;
  CorpusCounts* const counts_;
  size_t line_begin_ = 0;
  size_t waiting_ = 0;
  Word pending_[kPending];
  uint32_t ids_[kPending];
};

// Bit i: byte i of the 64 at `bytes` is white space, which in normal form is any up to the space.
uint64_t WhiteSpaceOf(const char* bytes) {
  const __m128i space = _mm_set1_epi8(' ');
  uint64_t mask = 0;
  for (int i = 0; i < 4; ++i) {
    const __m128i part = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes) + i);
    const auto white = static_cast<uint32_t>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_min_epu8(part, space), part)));
    mask |= uint64_t{white} << (16 * i);
  }
  return mask;
}

}  // namespace

void EncodeChunk(const Buffer& text, bool starts_line, EncodedChunk* chunk, CorpusCounts* counts) {
  chunk->starts_line = starts_line;
  chunk->types.Clear();
  chunk->type_counts.clear();
  chunk->tokens.clear();
  chunk->line_words.clear();
  const char* const begin = reinterpret_cast<const char*>(text.data());
  const char* word = begin;
  WordPutter putter(chunk, counts);
  // The last block reaches into the padding, whose zeros end the last word.
  for (size_t block = 0; block <= text.size(); block += kNormalPadding) {
    for (uint64_t white = WhiteSpaceOf(begin + block); white != 0; white &= white - 1) {
      const char* const end = begin + block + std::countr_zero(white);
      if (end > word) putter.Put(word, end - word);
      if (*end == '\n') putter.EndLine(/*last=*/false);
      word = end + 1;
    }
  }
  putter.EndLine(/*last=*/true);
  counts->words_read += chunk->tokens.size();
}

}  // namespace shoal
