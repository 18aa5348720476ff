#include "data/utf8.h"

#include <string>

#include "gtest/gtest.h"

namespace shoal {
namespace {

TEST(Utf8Test, EveryCharacterIsReadBackAsItWasWritten) {
  for (uint32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xd800 && c < 0xe000) continue;
    char bytes[4];
    const size_t size = EncodeUtf8(c, bytes);
    const DecodedCharacter decoded = DecodeUtf8({bytes, size});
    ASSERT_TRUE(decoded.well_formed) << c;
    ASSERT_EQ(decoded.code_point, c);
    ASSERT_EQ(decoded.bytes, size);
  }
}

struct IllFormed {
  const char* what;
  std::string bytes;
  uint32_t taken;
};

TEST(Utf8Test, IllFormedBytesAreOneReplacementForEachMaximalPart) {
  const IllFormed cases[] = {
      {"a continuation alone", "\x80", 1},
      {"an overlong slash", "\xc0\xaf", 1},
      {"an overlong three-byte form", "\xe0\x80\x80", 1},
      {"a surrogate", "\xed\xa0\x80", 1},
      {"past U+10FFFF", "\xf4\x90\x80\x80", 1},
      {"no lead byte", "\xff", 1},
      {"two of three bytes at the end", "\xe2\x82", 2},
      {"two of three bytes, then a letter", "\xe2\x82x", 2},
      {"three of four bytes", "\xf0\x9f\x98", 3},
  };
  for (const IllFormed& ill : cases) {
    const DecodedCharacter decoded = DecodeUtf8(ill.bytes);
    EXPECT_FALSE(decoded.well_formed) << ill.what;
    EXPECT_EQ(decoded.code_point, kReplacementCharacter) << ill.what;
    EXPECT_EQ(decoded.bytes, ill.taken) << ill.what;
  }
}

}  // namespace
}  // namespace shoal
