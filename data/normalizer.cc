#include "data/normalizer.h"

#include <emmintrin.h>
#include <utf8proc.h>

#include <algorithm>
#include <bit>
#include <cstring>

#include "data/utf8.h"

namespace shoal {
namespace {

using Corpus = job::Corpus;

// Never a byte of normal form: 0xff is not in UTF-8.
constexpr uint8_t kSpecial = 0xff;
constexpr size_t kBlockBytes = 16;
// In an image: the digit is to be spelled; the character belongs to a word, but begins none.
constexpr uint32_t kSpelledFlag = 1u << 30;
constexpr uint32_t kContinuesFlag = 1u << 29;
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
  if (c < 0x80) return static_cast<int>(c - '0');
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

uint8_t ByteImage(uint8_t byte, Corpus::Normalisation form, Corpus::Digits digits) {
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

__m128i Splat(int byte) { return _mm_set1_epi8(static_cast<char>(byte)); }

// 0xff where low <= byte <= high, both ASCII; bytes from 0x80 on are negative and never within.
__m128i Within(__m128i bytes, int low, int high) {
  return _mm_and_si128(_mm_cmpgt_epi8(bytes, Splat(low - 1)), _mm_cmplt_epi8(bytes, Splat(high + 1)));
}

}  // namespace

Normalizer::Normalizer(Corpus::Normalisation form, Corpus::Digits digits) : form_(form), digits_(digits) {
  for (size_t byte = 0; byte < byte_images_.size(); ++byte) {
    byte_images_[byte] = ByteImage(static_cast<uint8_t>(byte), form, digits);
  }
  for (uint32_t c = 0x80; c < images_.size(); ++c) images_[c] = ImageOf(c);
}

// What a character from U+0080 on becomes: a code point and flags.
uint32_t Normalizer::ImageOf(uint32_t c) const {
  if (form_ == Corpus::TEXT8 || IsWhiteSpace(c)) return ' ';
  const utf8proc_category_t category = utf8proc_category(static_cast<utf8proc_int32_t>(c));
  if (category == UTF8PROC_CATEGORY_ND) {
    return digits_ == Corpus::KEEP ? c : digits_ == Corpus::DROP ? uint32_t{' '} : c | kSpelledFlag;
  }
  if (form_ == Corpus::AS_IS) return c;
  const uint32_t lower = utf8proc_tolower(static_cast<utf8proc_int32_t>(c));
  if (form_ == Corpus::LOWER_CASE || IsLetter(category)) return lower;
  return Continues(c, category) ? lower | kContinuesFlag : uint32_t{' '};
}

char* Normalizer::PutImage(uint32_t image, const char* begin, char* out) const {
  const uint32_t c = image & ~(kSpelledFlag | kContinuesFlag);
  if ((image & kSpelledFlag) != 0) {
    const std::string_view spelled = kSpelled[DigitValue(c)];
    return std::copy(spelled.begin(), spelled.end(), out);
  }
  const bool in_word = out > begin && static_cast<unsigned char>(out[-1]) > ' ';
  return out + EncodeUtf8((image & kContinuesFlag) != 0 && !in_word ? ' ' : c, out);
}

// Takes characters off `text` as long as a look at their first byte does not tell what they become.
char* Normalizer::PutSpecials(std::string_view* text, const char* begin, char* out, CorpusCounts* counts) const {
  while (!text->empty() && byte_images_[static_cast<uint8_t>((*text)[0])] == kSpecial) {
    const uint8_t first = static_cast<uint8_t>((*text)[0]);
    if (first < 0x80) {
      counts->nul_bytes += first == 0;
      out = PutImage(first == 0 ? ' ' : first | kSpelledFlag, begin, out);
      text->remove_prefix(1);
      continue;
    }
    const DecodedCharacter character = DecodeUtf8(*text);
    const uint32_t c = character.code_point;
    counts->invalid_utf8 += !character.well_formed;
    out = PutImage(c < images_.size() ? images_[c] : ImageOf(c), begin, out);
    text->remove_prefix(character.bytes);
  }
  return out;
}

// Puts the images of the 16 bytes at `in` to `out`; bit i of the result is set where byte i is special, and its image
// is nothing then.
uint32_t Normalizer::PutBlock(const char* in, char* out) const {
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(in));
  const __m128i upper = Within(bytes, 'A', 'Z');
  const __m128i digit = Within(bytes, '0', '9');
  const __m128i lower_bit = Splat(form_ == Corpus::AS_IS ? 0 : 'a' - 'A');
  const __m128i image = _mm_or_si128(bytes, _mm_and_si128(upper, lower_bit));
  const bool letters_only = form_ == Corpus::LETTERS || form_ == Corpus::TEXT8;
  const __m128i other = letters_only ? _mm_or_si128(upper, Within(bytes, 'a', 'z'))
                                     : _mm_andnot_si128(digit, _mm_cmpgt_epi8(bytes, Splat(' ')));
  const __m128i kept = _mm_or_si128(other, digits_ == Corpus::KEEP ? digit : _mm_setzero_si128());
  const __m128i separator = _mm_max_epu8(_mm_and_si128(_mm_cmpeq_epi8(bytes, Splat('\n')), Splat('\n')),
                                         _mm_andnot_si128(_mm_cmpeq_epi8(bytes, Splat('\n')), Splat(' ')));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(out),
                   _mm_or_si128(_mm_and_si128(kept, image), _mm_andnot_si128(kept, separator)));
  __m128i special = _mm_or_si128(bytes, _mm_cmpeq_epi8(bytes, _mm_setzero_si128()));
  if (digits_ == Corpus::SPELL) special = _mm_or_si128(special, digit);
  return static_cast<uint32_t>(_mm_movemask_epi8(special));
}

void Normalizer::Normalize(std::string_view text, Buffer* out, CorpusCounts* counts) const {
  out->Reset(NormalBytes(text.size()));
  char* const begin = reinterpret_cast<char*>(out->data());
  char* to = begin;
  while (text.size() >= kBlockBytes) {
    const uint32_t special = PutBlock(text.data(), to);
    const size_t plain = special == 0 ? kBlockBytes : std::countr_zero(special);
    to += plain;
    text.remove_prefix(plain);
    if (special != 0) to = PutSpecials(&text, begin, to, counts);
  }
  while (!text.empty()) {
    to = PutSpecials(&text, begin, to, counts);
    if (text.empty()) break;
    *to++ = static_cast<char>(byte_images_[static_cast<uint8_t>(text[0])]);
    text.remove_prefix(1);
  }
  std::memset(to, 0, kNormalPadding);
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
