#include "data/byte_stream.h"

#include <algorithm>
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
