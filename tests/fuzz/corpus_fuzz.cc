// Any bytes as a file of a corpus: read (decompressed where they begin like gzip, xz or zstd), normalised in a form
// that the first byte chooses, and encoded. Normal form must be well-formed and its own normal form, and the encoded
// chunk must spell the words that a plain split finds in it.

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <string>
#include <string_view>

#include "common/text.h"
#include "data/chunk_reader.h"
#include "data/encoded_chunk.h"
#include "data/normalizer.h"

namespace shoal {
namespace {

using Corpus = job::Corpus;

constexpr size_t kChunk = 64;
constexpr int kForms = 12;

void Check(bool holds) {
  if (!holds) __builtin_trap();
}

const Normalizer& FormOf(uint8_t byte) {
  static const std::vector<Normalizer>* const forms = [] {
    auto* all = new std::vector<Normalizer>;
    for (int i = 0; i < kForms; ++i) {
      all->emplace_back(static_cast<Corpus::Normalisation>(i / 3), static_cast<Corpus::Digits>(i % 3));
    }
    return all;
  }();
  return (*forms)[byte % kForms];
}

// The words of `text`, a space between two.
std::string PlainSplit(std::string_view text) {
  std::string words, word;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && static_cast<unsigned char>(text[i]) > ' ') {
      word += text[i];
      continue;
    }
    if (!word.empty() && word.size() <= kMaxWordBytes) words += word + " ";
    word.clear();
  }
  return words;
}

void CheckChunk(const Normalizer& form, const TextChunk& chunk) {
  CorpusCounts counts, again_counts;
  Buffer normal, again;
  form.Normalize(chunk.text.view(), &normal, &counts);
  form.Normalize(normal.view(), &again, &again_counts);
  Check(normal.view() == again.view());
  Check(again_counts.invalid_utf8 == 0 && again_counts.nul_bytes == 0);
  static EncodedChunk* const encoded = new EncodedChunk;
  EncodeChunk(normal, chunk.starts_line, encoded, &counts);
  std::string words;
  for (const uint32_t id : encoded->tokens) words += Cat(encoded->types.word(id), " ");
  Check(words == PlainSplit(normal.view()));
  uint64_t in_lines = 0;
  for (const uint32_t line : encoded->line_words) in_lines += line;
  Check(in_lines == encoded->tokens.size());
}

void ReadAsCorpus(const Normalizer& form, std::string_view bytes) {
  const int fd = ::memfd_create("corpus", 0);
  Check(::write(fd, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
  const FoundFile file = {Cat("/proc/self/fd/", fd), bytes.size()};
  ChunkReader reader({&file, 1}, kChunk);
  TextChunk chunk;
  for (int i = 0; i < 1000; ++i) {
    const auto more = reader.Next(&chunk);
    if (!more.ok() || !*more) break;
    BlankDocTags(reinterpret_cast<char*>(chunk.text.data()), chunk.text.size(), chunk.starts_line);
    CheckChunk(form, chunk);
  }
  ::close(fd);
}

}  // namespace
}  // namespace shoal

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  shoal::ReadAsCorpus(shoal::FormOf(data[0]), {reinterpret_cast<const char*>(data) + 1, size - 1});
  return 0;
}
