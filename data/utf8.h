// UTF-8, decoded and encoded a character at a time. Pure functions; safe from any thread.
// Source: Unicode 15, section 3.9, table 3-7 and "substitution of maximal subparts".

#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shoal {

inline constexpr uint32_t kReplacementCharacter = 0xfffd;

struct DecodedCharacter {
  uint32_t code_point;  // kReplacementCharacter where the bytes are ill-formed.
  uint32_t bytes;       // Taken: 1 to 4.
  bool well_formed;
};

// The first character of `text`, which is not empty. Of ill-formed bytes the maximal part that begins a character is
// taken, so that "e2 82" cut short is one replacement and not two.
DecodedCharacter DecodeUtf8(std::string_view text);

// Writes `code_point` to `out`, which has room for 4 bytes; returns how many it took.
inline size_t EncodeUtf8(uint32_t code_point, char* out) {
  if (code_point < 0x80) {
    out[0] = static_cast<char>(code_point);
    return 1;
  }
  if (code_point < 0x800) {
    out[0] = static_cast<char>(0xc0 | code_point >> 6);
    out[1] = static_cast<char>(0x80 | (code_point & 0x3f));
    return 2;
  }
  if (code_point < 0x10000) {
    out[0] = static_cast<char>(0xe0 | code_point >> 12);
    out[1] = static_cast<char>(0x80 | (code_point >> 6 & 0x3f));
    out[2] = static_cast<char>(0x80 | (code_point & 0x3f));
    return 3;
  }
  out[0] = static_cast<char>(0xf0 | code_point >> 18);
  out[1] = static_cast<char>(0x80 | (code_point >> 12 & 0x3f));
  out[2] = static_cast<char>(0x80 | (code_point >> 6 & 0x3f));
  out[3] = static_cast<char>(0x80 | (code_point & 0x3f));
  return 4;
}

}  // namespace shoal
