#include "data/byte_stream.h"

#include <lzma.h>

#include <algorithm>
#include <cstring>
#include <string>

#include "gmock/gmock.h"
#include "tests/unit/data/corpus_text.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

// All of a file, `step` bytes at a time.
absl::StatusOr<std::string> ReadAll(const std::string& path, size_t step) {
  auto stream = ByteStream::Open(path);
  if (!stream.ok()) return stream.status();
  std::string text, part(step, '\0');
  while (true) {
    const auto n = (*stream)->Read({part.data(), part.size()});
    if (!n.ok()) return n.status();
    if (*n == 0) return text;
    text.append(part, 0, *n);
  }
}

std::string ErrorOf(const std::string& path) {
  const auto text = ReadAll(path, 1000);
  EXPECT_FALSE(text.ok());
  EXPECT_EQ(text.status().code(), absl::StatusCode::kDataLoss);
  return std::string(ToStd(text.status().message()));
}

class ByteStreamTest : public ::testing::Test {
 protected:
  const TemporaryFolder folder_;
  const std::string text_ = MadeUpText(50000, 1);
};

TEST_F(ByteStreamTest, EachFormGivesTheSameText) {
  const std::string paths[] = {folder_.Write("plain", text_), folder_.Write("gz", Gzipped(text_)),
                               folder_.Write("xz", XzCompressed(text_)), folder_.Write("zst", ZstdCompressed(text_))};
  for (const std::string& path : paths) {
    for (const size_t step : {size_t{1} << 20, size_t{4096}, size_t{77}}) {
      const auto read = ReadAll(path, step);
      ASSERT_TRUE(read.ok()) << read.status();
      EXPECT_TRUE(*read == text_) << path << " in steps of " << step;
    }
  }
}

TEST_F(ByteStreamTest, AFileOfSeveralMembersIsAllOfThem) {
  const std::string expected = text_ + "tail\n" + text_;
  for (const auto compress : {Gzipped, XzCompressed, ZstdCompressed}) {
    const auto read = ReadAll(folder_.Write("many", compress(text_) + compress("tail\n") + compress(text_)), 5000);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_TRUE(*read == expected);
  }
}

TEST_F(ByteStreamTest, SkippableFramesOfZstdAreSkippedAlsoAtTheStart) {
  // As pzstd writes them: four bytes that tell the size of the frame to come.
  const std::string skipped("\x50\x2a\x4d\x18\x04\0\0\0size", 12);
  std::string other = skipped;
  other[0] = 0x5f;
  const auto read = ReadAll(
      folder_.Write("pzstd", skipped + ZstdCompressed(text_) + other + ZstdCompressed("tail\n") + skipped), 5000);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_TRUE(*read == text_ + "tail\n");
  EXPECT_EQ(ReadAll(folder_.Write("text", "P*M"), 100).value(), "P*M");
}

// A frame whose window has 2^log bytes, with one block that is stored as it is.
std::string ZstdOfWindow(int log) {
  return Cat(std::string("\x28\xb5\x2f\xfd\0", 5), std::string(1, static_cast<char>((log - 10) << 3)),
             std::string("\x21\0\0", 3), "abc\n");
}

TEST_F(ByteStreamTest, ZstdThatAsksForAWindowOfMoreThanAGibibyteIsRefused) {
  EXPECT_EQ(ReadAll(folder_.Write("large.zst", ZstdOfWindow(30)), 100).value(), "abc\n");
  EXPECT_THAT(ErrorOf(folder_.Write("huge.zst", ZstdOfWindow(31))),
              HasSubstr("huge.zst: damaged zstd data after 0 bytes of text: Frame requires too much memory"));
}

// `bytes` of xz with the dictionary size that `code` stands for: 2^(11 + code / 2), and half of it more where it is
// odd.
std::string WithXzDictionary(std::string bytes, uint8_t code) {
  constexpr size_t kBlock = 12;
  const size_t header = (static_cast<uint8_t>(bytes[kBlock]) + 1) * size_t{4} - 4;
  bytes[bytes.find("\x21\x01", kBlock) + 2] = static_cast<char>(code);  // Behind the filter's number, one byte.
  const uint32_t crc = lzma_crc32(reinterpret_cast<const uint8_t*>(bytes.data()) + kBlock, header, 0);
  std::memcpy(bytes.data() + kBlock + header, &crc, sizeof(crc));
  return bytes;
}

TEST_F(ByteStreamTest, XzThatNeedsMoreThanAGibibyteIsRefused) {
  const std::string bytes = XzCompressed("abc\n");
  EXPECT_EQ(ReadAll(folder_.Write("large.xz", WithXzDictionary(bytes, 35)), 100).value(), "abc\n");
  EXPECT_THAT(ErrorOf(folder_.Write("huge.xz", WithXzDictionary(bytes, 37))),
              HasSubstr("huge.xz: damaged xz data after 0 bytes of text: it needs more than 1 GiB of memory"));
}

TEST_F(ByteStreamTest, AnEmptyFileHasNoBytes) {
  EXPECT_EQ(ReadAll(folder_.Write("empty", ""), 100).value(), "");
  EXPECT_EQ(ReadAll(folder_.Write("empty.gz", Gzipped("")), 100).value(), "");
  EXPECT_EQ(ReadAll(folder_.Write("empty.zst", ZstdCompressed("")), 100).value(), "");
}

TEST_F(ByteStreamTest, AFileShorterThanAnyMagicIsText) {
  EXPECT_EQ(ReadAll(folder_.Write("short", "\x1f"), 100).value(), "\x1f");
}

TEST_F(ByteStreamTest, DataThatEndsEarlyIsNamedWithItsFileAndForm) {
  const auto cut = [](const std::string& bytes) { return bytes.substr(0, bytes.size() / 2); };
  EXPECT_THAT(ErrorOf(folder_.Write("cut.gz", cut(Gzipped(text_)))), HasSubstr("cut.gz: the gzip data ends early"));
  EXPECT_THAT(ErrorOf(folder_.Write("cut.xz", cut(XzCompressed(text_)))), HasSubstr("cut.xz: the xz data ends early"));
  EXPECT_THAT(ErrorOf(folder_.Write("cut.zst", cut(ZstdCompressed(text_)))),
              HasSubstr("cut.zst: the zstd data ends early"));
}

TEST_F(ByteStreamTest, DamagedDataIsNamedWithItsFileAndForm) {
  const std::pair<std::string (*)(std::string_view), std::string> forms[] = {
      {Gzipped, "gzip"}, {XzCompressed, "xz"}, {ZstdCompressed, "zstd"}};
  for (const auto& [compress, form] : forms) {
    std::string bytes = compress(text_);
    for (size_t i = bytes.size() / 2; i < bytes.size() / 2 + 64; ++i) bytes[i] = static_cast<char>(~bytes[i]);
    EXPECT_THAT(ErrorOf(folder_.Write("damaged", bytes)), HasSubstr(Cat("damaged ", form, " data after ")));
  }
}

TEST_F(ByteStreamTest, WhatStandsBehindGzipDataIsIgnored) {
  EXPECT_EQ(ReadAll(folder_.Write("padded.gz", Gzipped("a b\n") + std::string(1000, '\0')), 100).value(), "a b\n");
  EXPECT_EQ(ReadAll(folder_.Write("tail.gz", Gzipped("a b\n") + "tail"), 100).value(), "a b\n");
}

TEST_F(ByteStreamTest, AMissingFileIsNamed) {
  EXPECT_THAT(ByteStream::Open(folder_.Path("none")).status().message(), HasSubstr("/none"));
}

}  // namespace
}  // namespace shoal
