// The token file's bytes, as docs/formats/tokens.md lays them out: shared by its reader and its writer only.
//
// Constants and plain structs; safe from any thread.

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "data/corpus_counts.h"
#include "data/section_file.h"

namespace shoal {

inline constexpr SectionFileKind kTokenFileKind = {
    .magic = "shoaltok", .version = 1, .name = "a token file", .set = "corpus"};
// A block of tokens has one checksum.
inline constexpr uint64_t kTokensPerBlock = kChecksumBlockBytes / sizeof(uint32_t);
// Ids are 32 bits wide, and one value is kept free.
inline constexpr uint64_t kMaxVocabularyWords = 0xfffffffe;

enum class TokenFileSection : uint32_t {
  kKey,        // What the file was made of, text.
  kWordEnds,   // uint64 [words]: where each word ends in the letters.
  kLetters,    // The words' bytes, end to end.
  kCounts,     // uint64 [words].
  kTokens,     // uint32 [tokens].
  kSentences,  // uint64 [sentences + 1]: tokens before each sentence.
  kBlocks,     // uint32 [blocks]: checksum of each block of tokens.
};
inline constexpr size_t kTokenFileSections = 7;
inline constexpr std::string_view kTokenFileSectionNames[kTokenFileSections] = {
    "key", "word ends", "letters", "counts", "tokens", "sentences", "block checksums"};

struct TokenFileHeader {
  char magic[8];
  uint32_t version;
  uint32_t byte_order;
  uint64_t file_bytes;
  uint64_t words;
  uint64_t tokens;
  uint64_t sentences;
  SectionEntry sections[kTokenFileSections];
  CorpusCounts counts;
  uint32_t reserved;
  uint32_t header_crc32c;

  SectionEntry& at(TokenFileSection section) { return sections[static_cast<size_t>(section)]; }
  const SectionEntry& at(TokenFileSection section) const { return sections[static_cast<size_t>(section)]; }
};
static_assert(std::is_trivially_copyable_v<TokenFileHeader> && sizeof(TokenFileHeader) == 320 &&
              sizeof(TokenFileHeader) <= kSectionFileHeaderBytes);

}  // namespace shoal
