// Normalizer: raw text into normal form: words separated by spaces, lines by line ends, well-formed UTF-8.
//
// In every form: white space is any byte up to U+0020 (so also NUL, which is counted, CR and control characters) and
// Unicode's White_Space; ill-formed UTF-8 becomes U+FFFD and is counted. Then, as job.proto says:
//   AS_IS       nothing more;
//   LOWER_CASE  each character to lower case (Unicode's simple mapping);
//   LETTERS     lower case; everything but letters and digits of any script separates words. Marks (accents, vowel
//               signs) and zero-width joiners belong to the word they stand in;
//   TEXT8       A to Z to lower case; everything but a to z, and digits, separates words.
// digits: KEEP leaves them, SPELL puts " four two " for 42, DROP separates words at them; of any script, in TEXT8 of
// ASCII only (others separate).
// TEXT8 with SPELL is the form of text8 (Mahoney 2006, wikifil.pl) but for lines, which it joins.
//
// Unicode normalisation forms are not applied: a composed and a decomposed accent stay different words.
//
// Thread rule: immutable; safe from any thread.

#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/buffer.h"
#include "data/corpus_counts.h"
#include "proto/job.pb.h"

namespace shoal {

// Zero bytes behind a text in normal form, which its size does not count: its reader looks at blocks of so many.
inline constexpr size_t kNormalPadding = 64;

// Bytes that the normal form of `text_bytes` takes at most, padding included: " three " for each byte.
constexpr size_t NormalBytes(size_t text_bytes) { return 7 * text_bytes + kNormalPadding; }

class Normalizer {
 public:
  Normalizer(job::Corpus::Normalisation form, job::Corpus::Digits digits);

  // Makes `out` the normal form of `text`, with its padding. Adds to counts->invalid_utf8 and nul_bytes. Separators may
  // come several in a row.
  void Normalize(std::string_view text, Buffer* out, CorpusCounts* counts) const;

 private:
  uint32_t ImageOf(uint32_t code_point) const;
  char* PutImage(uint32_t image, const char* begin, char* out) const;
  char* PutSpecials(std::string_view* text, const char* begin, char* out, CorpusCounts* counts) const;
  uint32_t PutBlock(const char* in, char* out) const;

  const job::Corpus::Normalisation form_;
  const job::Corpus::Digits digits_;
  // What a byte becomes; kSpecial where it takes more than a look.
  std::array<uint8_t, 256> byte_images_;
  // What each character of the basic multilingual plane becomes.
  std::vector<uint32_t> images_ = std::vector<uint32_t>(0x10000);
};

// Blanks the lines of WikiExtractor's output that are no text: "<doc ...>" and "</doc>". `starts_line`: the text begins
// at a line's start.
void BlankDocTags(char* text, size_t bytes, bool starts_line);

// Whether `text`, a corpus' start, is WikiExtractor's output.
bool LooksLikeWikiExtractor(std::string_view text);

}  // namespace shoal
