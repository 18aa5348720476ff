#include "data/utf8.h"

namespace shoal {
namespace {

// What may follow a lead byte: how many bytes, and the range of the first of them, which excludes overlong forms,
// surrogates and code points past U+10FFFF.
struct Lead {
  uint32_t following;
  uint8_t low = 0x80, high = 0xbf;
};

Lead LeadOf(uint8_t byte) {
  if (byte >= 0xc2 && byte <= 0xdf) return {1};
  if (byte == 0xe0) return {2, 0xa0, 0xbf};
  if (byte == 0xed) return {2, 0x80, 0x9f};
  if (byte >= 0xe1 && byte <= 0xef) return {2};
  if (byte == 0xf0) return {3, 0x90, 0xbf};
  if (byte >= 0xf1 && byte <= 0xf3) return {3};
  if (byte == 0xf4) return {3, 0x80, 0x8f};
  return {0};
}

}  // namespace

DecodedCharacter DecodeUtf8(std::string_view text) {
  const uint8_t first = static_cast<uint8_t>(text[0]);
  if (first < 0x80) return {first, 1, true};
  const Lead lead = LeadOf(first);
  if (lead.following == 0) return {kReplacementCharacter, 1, false};
  uint32_t code_point = first & (0x3f >> lead.following);
  for (uint32_t i = 1; i <= lead.following; ++i) {
    const uint8_t byte = i < text.size() ? static_cast<uint8_t>(text[i]) : 0;
    const bool follows = i == 1 ? byte >= lead.low && byte <= lead.high : (byte & 0xc0) == 0x80;
    if (!follows) return {kReplacementCharacter, i, false};
    code_point = code_point << 6 | (byte & 0x3f);
  }
  return {code_point, lead.following + 1, true};
}

}  // namespace shoal
