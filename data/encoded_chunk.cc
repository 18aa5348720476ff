#include "data/encoded_chunk.h"

namespace shoal {
namespace {

void AddWord(const char* word, size_t length, EncodedChunk* chunk, CorpusCounts* counts) {
  if (length > kMaxWordBytes) {
    ++counts->words_too_long;
    return;
  }
  const uint32_t id = chunk->types.Insert(word, length);
  if (id == chunk->type_counts.size()) chunk->type_counts.push_back(0);
  ++chunk->type_counts[id];
  chunk->tokens.push_back(id);
}

void EndLine(size_t* line_begin, EncodedChunk* chunk) {
  const size_t words = chunk->tokens.size() - *line_begin;
  *line_begin = chunk->tokens.size();
  if (words > 0 || chunk->line_words.empty()) chunk->line_words.push_back(static_cast<uint32_t>(words));
}

}  // namespace

void EncodeChunk(const Buffer& text, bool starts_line, EncodedChunk* chunk, CorpusCounts* counts) {
  chunk->starts_line = starts_line;
  chunk->types.Clear();
  chunk->type_counts.clear();
  chunk->tokens.clear();
  chunk->line_words.clear();
  const char* at = reinterpret_cast<const char*>(text.data());
  const char* const end = at + text.size();
  size_t line_begin = 0;
  while (at < end) {
    const char* const word = at;
    while (at<end&& static_cast<unsigned char>(*at)> ' ') ++at;
    if (at > word) AddWord(word, at - word, chunk, counts);
    for (; at < end && static_cast<unsigned char>(*at) <= ' '; ++at) {
      if (*at == '\n') EndLine(&line_begin, chunk);
    }
  }
  EndLine(&line_begin, chunk);
  counts->words_read += chunk->tokens.size();
}

}  // namespace shoal
