#include "data/normalizer.h"

#include <utf8proc.h>

#include <algorithm>
#include <cstring>

#include "data/utf8.h"
#include "data/word_table.h"

namespace shoal {
namespace {

using Corpus = job::Corpus;

// Never a byte of normal form: 0xff is not in UTF-8.
constexpr uint8_t kSpecial = 0xff;
// " three ", the longest of what one byte becomes.
constexpr size_t kMostBytesOfByte = 7;
constexpr std::string_view kSpelled[10] = {" zero ", " one ", " two ",   " three ", " four ",
                                           " five ", " six ", " seven ", " eight ", " nine "};
constexpr std::string_view kDocStart = "<doc ";
constexpr std::string_view kDocEnd = "</doc>";

bool IsWhiteSpace(uint32_t c) {
  return c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
         c == 0x202f || c == 0x205f || c == 0x3000;
}

bool IsDigit(uint32_t c) { return utf8proc_category(c) == UTF8PROC_CATEGORY_ND; }

// Decimal digits come in runs of ten from zero up (a promise of Unicode's stability policy).
int DigitValue(uint32_t c) {
  uint32_t first = c;
  while (first > 0 && IsDigit(first - 1)) --first;
  return (c - first) % 10;
}

bool IsLetter(utf8proc_category_t category) {
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO;
}

// What belongs to a word but does not begin one: marks, and the joiners that Indic and Persian spelling needs.
bool Continues(uint32_t c, utf8proc_category_t category) {
  return (category >= UTF8PROC_CATEGORY_MN && category <= UTF8PROC_CATEGORY_ME) || c == 0x200c || c == 0x200d;
}

uint8_t MapOf(uint8_t byte, Corpus::Normalisation form, Corpus::Digits digits) {
  if (byte >= 0x80 || byte == 0) return kSpecial;
  if (byte == '\n') return '\n';
  if (byte <= ' ') return ' ';
  if (byte >= '0' && byte <= '9') {
    return digits == Corpus::KEEP ? byte : digits == Corpus::DROP ? static_cast<uint8_t>(' ') : kSpecial;
  }
  if (form == Corpus::AS_IS) return byte;
  if (byte >= 'A' && byte <= 'Z') return byte + ('a' - 'A');
  if (form == Corpus::LOWER_CASE || (byte >= 'a' && byte <= 'z')) return byte;
  return ' ';
}

}  // namespace

Normalizer::Normalizer(Corpus::Normalisation form, Corpus::Digits digits) : form_(form), digits_(digits) {
  for (size_t byte = 0; byte < map_.size(); ++byte) map_[byte] = MapOf(static_cast<uint8_t>(byte), form, digits);
}

char* Normalizer::PutDigit(uint32_t c, char* out) const {
  const bool separates = digits_ == Corpus::DROP || (form_ == Corpus::TEXT8 && c >= 0x80);
  if (digits_ == Corpus::KEEP && !separates) return out + EncodeUtf8(c, out);
  const std::string_view spelled = separates ? " " : kSpelled[DigitValue(c)];
  return std::copy(spelled.begin(), spelled.end(), out);
}

char* Normalizer::PutCharacter(uint32_t c, char* out, const char* begin) const {
  const utf8proc_category_t category = utf8proc_category(c);
  const bool in_word = out > begin && static_cast<unsigned char>(out[-1]) > ' ';
  const bool kept = form_ == Corpus::AS_IS || form_ == Corpus::LOWER_CASE || IsLetter(category) ||
                    (in_word && Continues(c, category));
  if (IsWhiteSpace(c) || !kept || form_ == Corpus::TEXT8) {
    *out = ' ';
    return out + 1;
  }
  return out + EncodeUtf8(form_ == Corpus::AS_IS ? c : utf8proc_tolower(c), out);
}

void Normalizer::Normalize(std::string_view text, Buffer* out, CorpusCounts* counts) const {
  out->Reset(text.size() * kMostBytesOfByte + kWordPadding);
  char* const begin = reinterpret_cast<char*>(out->data());
  char* to = begin;
  while (!text.empty()) {
    const uint8_t mapped = map_[static_cast<uint8_t>(text[0])];
    if (mapped != kSpecial) {
      *to++ = mapped;
      text.remove_prefix(1);
      continue;
    }
    const DecodedCharacter character = DecodeUtf8(text);
    text.remove_prefix(character.bytes);
    counts->invalid_utf8 += !character.well_formed;
    counts->nul_bytes += character.code_point == 0;
    if (character.code_point == 0) {
      *to++ = ' ';
    } else if (IsDigit(character.code_point)) {
      to = PutDigit(character.code_point, to);
    } else {
      to = PutCharacter(character.code_point, to, begin);
    }
  }
  std::memset(to, 0, kWordPadding);
  out->Truncate(to - begin);
}

void BlankDocTags(char* text, size_t bytes, bool starts_line) {
  const std::string_view all(text, bytes);
  for (size_t at = all.find('<'); at != all.npos; at = all.find('<', at + 1)) {
    if (at == 0 ? !starts_line : all[at - 1] != '\n') continue;
    const std::string_view line = all.substr(at, std::min(all.find('\n', at), bytes) - at);
    if (line.starts_with(kDocStart) || line.starts_with(kDocEnd)) std::memset(text + at, ' ', line.size());
  }
}

bool LooksLikeWikiExtractor(std::string_view text) { return text.starts_with(kDocStart); }

}  // namespace shoal
