// The token file's bytes, as docs/formats/tokens.md lays them out: shared by its reader and its writer only.
//
// Constants and plain structs; safe from any thread.

#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <type_traits>

#include "data/corpus_counts.h"

namespace shoal {

static_assert(std::endian::native == std::endian::little, "a token file is little-endian, and mapped as it is");

inline constexpr std::string_view kTokenFileMagic = "shoaltok";
inline constexpr uint32_t kTokenFileVersion = 1;
inline constexpr uint32_t kTokenFileByteOrder = 0x01020304;
// The header's page; sections start on multiples of kTokenFileAlignment, the tokens on a page.
inline constexpr uint64_t kTokenFileHeaderBytes = 4096;
inline constexpr uint64_t kTokenFileAlignment = 64;
// A block of tokens has one checksum: 1 MiB.
inline constexpr uint64_t kTokensPerBlock = uint64_t{1} << 18;
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

struct TokenFileSectionEntry {
  uint64_t offset;
  uint64_t bytes;
  uint32_t crc32c;  // 0 for the tokens, whose blocks have their own.
  uint32_t reserved;
};

struct TokenFileHeader {
  char magic[8];
  uint32_t version;
  uint32_t byte_order;
  uint64_t file_bytes;
  uint64_t words;
  uint64_t tokens;
  uint64_t sentences;
  TokenFileSectionEntry sections[kTokenFileSections];
  CorpusCounts counts;
  uint32_t reserved;
  uint32_t header_crc32c;  // Of all before it.
};
static_assert(std::is_trivially_copyable_v<TokenFileHeader> && sizeof(TokenFileHeader) == 320 &&
              sizeof(TokenFileHeader) <= kTokenFileHeaderBytes);

}  // namespace shoal
