#include "data/word_vectors.h"

#include <unistd.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <string>
#include <vector>

#include "common/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class WordVectorsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = Cat(::testing::TempDir(), "/word_vectors_test.", ::getpid());
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Path(std::string_view name) const { return Cat(folder_, "/", name); }

  std::string Written(std::string_view name, std::string_view bytes) const {
    EXPECT_TRUE(WriteFileAtomically(Path(name), bytes).ok());
    return Path(name);
  }

  // The message of a load that must fail.
  std::string Complaint(std::string_view bytes) const {
    const auto loaded = WordVectors::Load(Written("bad", bytes));
    EXPECT_EQ(loaded.status().code(), absl::StatusCode::kDataLoss);
    EXPECT_THAT(std::string(loaded.status().message()), HasSubstr(Path("bad")));
    return std::string(loaded.status().message());
  }

  std::string folder_;
};

std::string Bytes(const std::vector<float>& row) {
  return std::string(reinterpret_cast<const char*>(row.data()), row.size() * sizeof(float));
}

std::vector<float> Row(const WordVectors& vectors, uint64_t i) {
  return {vectors.row(i).begin(), vectors.row(i).end()};
}

TEST_F(WordVectorsTest, WhatIsWrittenIsReadBackToTheBit) {
  const std::vector<float> strange = {1e-42f, -0.0f, 3.4e38f};
  auto writer = WordVectorsWriter::Create(Path("vectors.bin"), 2, 3);
  ASSERT_TRUE(writer.ok());
  ASSERT_TRUE((*writer)->Append("caf\xc3\xa9", strange).ok());
  ASSERT_TRUE((*writer)->Append("b", std::vector<float>{1, 2, 3}).ok());
  ASSERT_TRUE((*writer)->Commit().ok());

  const auto loaded = WordVectors::Load(folder_);
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->words(), 2);
  EXPECT_EQ(loaded->dim(), 3);
  EXPECT_EQ(loaded->word(0), "caf\xc3\xa9");
  EXPECT_EQ(Bytes(Row(*loaded, 0)), Bytes(strange));
  EXPECT_THAT(loaded->row(1), ElementsAre(1, 2, 3));
  EXPECT_EQ(loaded->Find("b"), 1);
  EXPECT_EQ(loaded->Find("c"), std::nullopt);
}

TEST_F(WordVectorsTest, TheFileIsNotThereBeforeCommit) {
  auto writer = WordVectorsWriter::Create(Path("vectors.bin"), 1, 1);
  ASSERT_TRUE((*writer)->Append("a", std::vector<float>{1}).ok());
  EXPECT_FALSE(std::filesystem::exists(Path("vectors.bin")));
  writer->reset();
  EXPECT_TRUE(std::filesystem::is_empty(folder_));
}

TEST_F(WordVectorsTest, FewerOrMoreRowsThanAnnouncedAreRefused) {
  auto writer = WordVectorsWriter::Create(Path("vectors.bin"), 1, 1);
  EXPECT_THAT(std::string((*writer)->Commit().message()), HasSubstr("0 rows were written of 1"));
  ASSERT_TRUE((*writer)->Append("a", std::vector<float>{1}).ok());
  EXPECT_EQ((*writer)->Append("b", std::vector<float>{1}).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(WordVectorsTest, AWordThatNoReaderCouldFindTheEndOfIsRefused) {
  auto writer = WordVectorsWriter::Create(Path("vectors.bin"), 1, 1);
  for (const std::string word : {"", "two words", "line\nend"}) {
    EXPECT_EQ((*writer)->Append(word, std::vector<float>{1}).code(), absl::StatusCode::kInvalidArgument) << word;
  }
  EXPECT_THAT(std::string((*writer)->Append("a", std::vector<float>{1, 2}).message()),
              HasSubstr("vector of 2 numbers, expected 1"));
}

TEST_F(WordVectorsTest, BinaryRowsWithoutLineEndsAreReadAsGensimWritesThem) {
  const auto loaded = WordVectors::Load(Written("v", Cat("2 2\na ", Bytes({1, 2}), "b ", Bytes({3, 4}))));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->row(1), ElementsAre(3, 4));
}

TEST_F(WordVectorsTest, TextIsToldFromBinaryByItsBytes) {
  const auto loaded = WordVectors::Load(Written("v", "2 3\r\na 1 -2.5e-3 +4 \r\nb nan 1e-50 1e60"));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_THAT(loaded->row(0), ElementsAre(1, -2.5e-3f, 4));
  EXPECT_TRUE(std::isnan(loaded->row(1)[0]));
  EXPECT_EQ(loaded->row(1)[1], 0);
  EXPECT_EQ(loaded->row(1)[2], std::numeric_limits<float>::infinity());
}

TEST_F(WordVectorsTest, RowsThatAreNotFiniteAreCounted) {
  const auto loaded = WordVectors::Load(Written("v", "3 1\na 1\nb nan\nc inf\n"));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->rows_not_finite(), 2);
}

TEST_F(WordVectorsTest, OfAWordThatStandsTwiceTheFirstRowIsKeptAndTheOthersAreCounted) {
  ::testing::internal::CaptureStderr();
  const auto loaded = WordVectors::Load(Written("v", "5 2\naa 1 1\nb 2 2\naa 3 nan\nb 4 4\nccc 5 5\n"));
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("2 rows are of words that stand before"));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  ASSERT_EQ(loaded->words(), 3);
  EXPECT_EQ(loaded->Find("aa"), 0);
  EXPECT_EQ(loaded->Find("ccc"), 2);
  EXPECT_EQ(loaded->word(2), "ccc");
  EXPECT_THAT(loaded->rows(), ElementsAre(1, 1, 2, 2, 5, 5));
  EXPECT_EQ(loaded->rows_not_finite(), 0);
}

TEST_F(WordVectorsTest, AByteOrderMarkInFrontIsPassedOver) {
  const auto loaded = WordVectors::Load(Written("v",
                                                "\xef\xbb\xbf"
                                                "1 1\na 1\n"));
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->word(0), "a");
}

TEST_F(WordVectorsTest, WordsStayValidWhenTheVectorsAreMoved) {
  auto loaded = WordVectors::Load(Written("v", "1 1\na 1\n"));
  const WordVectors moved = *std::move(loaded);
  EXPECT_EQ(moved.Find("a"), 0);
}

TEST_F(WordVectorsTest, AnEmptyFileIsReportedAsSuch) { EXPECT_THAT(Complaint(""), HasSubstr("the file is empty")); }

TEST_F(WordVectorsTest, AHeaderThatIsNoneIsQuoted) {
  for (const char* header : {"word 0.1 0.2\n", "12\n", "12 \n", "2 3 4\n", "-1 3\n", "99999999999999999999999 3\n"}) {
    EXPECT_THAT(Complaint(header), HasSubstr("expected a first line \"words dim\"")) << header;
  }
}

TEST_F(WordVectorsTest, SizesOutOfRangeAreReported) {
  EXPECT_THAT(Complaint("0 3\n"), HasSubstr("0 words"));
  EXPECT_THAT(Complaint("2 0\n"), HasSubstr("2 words of 0 numbers"));
  EXPECT_THAT(Complaint("2 70000\n"), HasSubstr("2 words of 70000 numbers"));
}

TEST_F(WordVectorsTest, AHugeCountInASmallFileIsReportedBeforeMemoryIsTaken) {
  EXPECT_THAT(Complaint("4000000000 65536\na 1"), HasSubstr("cut short: the header says 4000000000 words"));
}

TEST_F(WordVectorsTest, ACutBinaryFileIsReportedWithItsRow) {
  const std::string whole = Cat("2 2\nabcdefg ", Bytes({1, 2}), "\nb ", Bytes({3, 4}), "\n");
  EXPECT_THAT(Complaint(std::string_view(whole).substr(0, whole.size() - 5)),
              HasSubstr("row 1 of 2 (\"b\"): expected 8 bytes, got 4"));
}

TEST_F(WordVectorsTest, MoreRowsThanTheHeaderSaysAreReported) {
  EXPECT_THAT(Complaint(Cat("1 1\na ", Bytes({1}), "\nb ", Bytes({2}), "\n")),
              HasSubstr("but 7 bytes follow the last"));
  EXPECT_THAT(Complaint("1 1\na 1\nb 2\n"), HasSubstr("but 4 bytes follow the last"));
}

TEST_F(WordVectorsTest, FewerTextRowsThanTheHeaderSaysAreReported) {
  EXPECT_THAT(Complaint("3 1\nlong-word 1.25\nb 2\n"), HasSubstr("the header says 3 words, found 2"));
}

TEST_F(WordVectorsTest, ATextRowOfAnotherWidthIsReportedWithItsWord) {
  EXPECT_THAT(Complaint("2 2\na 1 2\nb 3 x\n"), HasSubstr("row 1 (\"b\"): expected 2 numbers, got 1 and then \"x\""));
  EXPECT_THAT(Complaint("2 2\na 1 2\nb 3 4 5\n"), HasSubstr("row 1 (\"b\"): more than 2 numbers"));
}

TEST_F(WordVectorsTest, AMissingFileIsNamed) {
  const auto loaded = WordVectors::Load(Path("none"));
  EXPECT_EQ(loaded.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(loaded.status().message()), HasSubstr(Path("none")));
}

}  // namespace
}  // namespace shoal
