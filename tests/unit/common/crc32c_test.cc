#include "common/crc32c.h"

#include <string>

#include "gtest/gtest.h"

namespace shoal {
namespace {

// RFC 3720, appendix B.4, and the check value of the catalogue of CRC algorithms.
TEST(Crc32cTest, GivesThePublishedValues) {
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  EXPECT_EQ(Crc32c(""), 0u);
}

TEST(Crc32cTest, PartsOneAfterTheOtherGiveTheValueOfTheWhole) {
  std::string bytes;
  for (int i = 0; i < 5000; ++i) bytes.push_back(static_cast<char>(i * 31 + i / 7));
  for (const size_t cut : {size_t{0}, size_t{1}, size_t{63}, size_t{4096}, bytes.size()}) {
    const std::string_view whole = bytes;
    EXPECT_EQ(Crc32c(whole.substr(cut), Crc32c(whole.substr(0, cut))), Crc32c(whole)) << cut;
  }
}

TEST(Crc32cTest, AFlippedBitIsNoticed) {
  std::string bytes(1000, 'a');
  const uint32_t before = Crc32c(bytes);
  bytes[777] ^= 4;
  EXPECT_NE(Crc32c(bytes), before);
}

}  // namespace
}  // namespace shoal
