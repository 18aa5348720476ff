#include "data/safetensors.h"

#include <cstring>

#include "common/files.h"
#include "common/text.h"
#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

SafeTensors TwoTensors() {
  return {.metadata = {{"net", "small"}, {"mean", "0.5 \"0.4\" 0.3"}},
          .tensors = {{"z.weight", {2, 3}, {1, 2, 3, 4, 5, 6}}, {"a.bias", {}, {-0.5f}}}};
}

class SafeTensorsTest : public ::testing::Test {
 protected:
  // A file with this header and so many bytes after it.
  void WriteRaw(std::string_view header, size_t bytes) {
    const uint64_t length = header.size();
    std::string file(reinterpret_cast<const char*>(&length), sizeof(length));
    ASSERT_TRUE(WriteFileAtomically(path_, Cat(file, header, std::string(bytes, '\0'))).ok());
  }
  std::string ReadError() {
    const auto content = ReadSafeTensors(path_);
    EXPECT_EQ(content.status().code(), absl::StatusCode::kDataLoss);
    return std::string(content.status().message());
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.Path("x.safetensors");
};

TEST_F(SafeTensorsTest, WhatIsWrittenIsReadBackInItsOrder) {
  ASSERT_TRUE(WriteSafeTensors(path_, TwoTensors()).ok());
  const auto read = ReadSafeTensors(path_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->metadata, TwoTensors().metadata);
  ASSERT_EQ(read->tensors.size(), 2);
  EXPECT_EQ(read->tensors[0].name, "z.weight");
  EXPECT_THAT(read->tensors[0].shape, ElementsAre(2, 3));
  EXPECT_THAT(read->tensors[0].values, ElementsAre(1, 2, 3, 4, 5, 6));
  ASSERT_NE(read->Find("a.bias"), nullptr);
  EXPECT_THAT(read->Find("a.bias")->values, ElementsAre(-0.5f));
  EXPECT_EQ(read->Find("b.bias"), nullptr);
}

TEST_F(SafeTensorsTest, NumbersBeginAtAMultipleOfEightBytesWhateverTheNames) {
  for (const char* name : {"a", "ab", "abc", "abcd"}) {
    ASSERT_TRUE(WriteSafeTensors(path_, {.tensors = {{name, {1}, {1}}}}).ok());
    EXPECT_EQ((ReadFile(path_).value().size() - sizeof(float)) % 8, 0);
  }
}

TEST_F(SafeTensorsTest, AFileCutAnywhereIsReported) {
  ASSERT_TRUE(WriteSafeTensors(path_, TwoTensors()).ok());
  const std::string whole = ReadFile(path_).value();
  for (size_t bytes = 0; bytes < whole.size(); ++bytes) {
    ASSERT_TRUE(WriteFileAtomically(path_, whole.substr(0, bytes), Durability::kUnsynced).ok());
    EXPECT_THAT(ReadError(), HasSubstr(path_)) << bytes << " bytes";
  }
  ASSERT_TRUE(WriteFileAtomically(path_, whole + "x").ok());
  EXPECT_THAT(ReadError(), HasSubstr("29 bytes after the header, expected as its tensors say, 28"));
}

TEST_F(SafeTensorsTest, HeadersThatLieAreReportedByTheirTensor) {
  WriteRaw(R"({"w":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}})", 4);
  EXPECT_THAT(ReadError(), HasSubstr("tensor w: its type is \"F16\", expected F32"));
  WriteRaw(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4);
  EXPECT_THAT(ReadError(), HasSubstr("tensor w: 4 bytes, expected as its shape says, 8"));
  WriteRaw(R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", 4);
  EXPECT_THAT(ReadError(), HasSubstr("tensor w: its data_offsets do not lie in the 4 bytes"));
  WriteRaw(
      R"({"v":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"w":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
      8);
  EXPECT_THAT(ReadError(), HasSubstr("tensor w: begins at byte 4, expected 8"));
  WriteRaw(R"({"w":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,4]}})", 4);
  EXPECT_THAT(ReadError(), HasSubstr("tensor w: 4 bytes"));
  WriteRaw(R"({"w":{"dtype":"F32","shape":[4294967296,4294967296,4],"data_offsets":[0,0]}})", 0);
  EXPECT_THAT(ReadError(), HasSubstr("tensor w: 0 bytes"));
  WriteRaw("[]", 0);
  EXPECT_THAT(ReadError(), HasSubstr("header: not a JSON object"));
}

TEST_F(SafeTensorsTest, ContentThatDoesNotFitItselfIsNotWritten) {
  SafeTensors content = TwoTensors();
  content.tensors[1].name = "z.weight";
  EXPECT_THAT(std::string(WriteSafeTensors(path_, content).message()),
              HasSubstr("z.weight: there is one of this name"));
  content = TwoTensors();
  content.tensors[0].values.pop_back();
  EXPECT_THAT(std::string(WriteSafeTensors(path_, content).message()), HasSubstr("z.weight: 5 values"));
  EXPECT_EQ(ReadFile(path_).status().code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace shoal
