#include "evaluate/export.h"

#include <cstring>
#include <filesystem>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

WordVectors Vectors() {
  const std::vector<std::string> words = {"a", "b"};
  return WordVectors::FromRows(words, {0.1f, -2, 1e-42f, 3.4028235e38f}, 2).value();
}

TEST(ExportTest, TextUsesTheFewestDigitsThatReadBackTheSame) {
  const TemporaryFolder folder;
  const auto vectors = Vectors();
  EXPECT_THAT(*ExportVectors(vectors, "word2vec-text", folder.Path("v.txt")), ElementsAre(folder.Path("v.txt")));
  EXPECT_EQ(*ReadFile(folder.Path("v.txt")), "2 2\na 0.1 -2\nb 1e-42 3.4028235e+38\n");
}

TEST(ExportTest, BothWord2vecFormsLoadEqualToTheBit) {
  const TemporaryFolder folder;
  const auto vectors = Vectors();
  for (const char* form : {"word2vec-binary", "word2vec-text"}) {
    ASSERT_TRUE(ExportVectors(vectors, form, folder.Path(form)).ok());
    const auto loaded = WordVectors::Load(folder.Path(form));
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(std::memcmp(loaded->rows().data(), vectors.rows().data(), vectors.rows().size_bytes()), 0) << form;
  }
}

TEST(ExportTest, NpyHeaderIsPaddedSoThatTheNumbersAreAligned) {
  const TemporaryFolder folder;
  const auto paths = ExportVectors(Vectors(), "npy", folder.Path("v.npy"));
  EXPECT_THAT(*paths, ElementsAre(folder.Path("v.npy"), folder.Path("v.words.txt")));
  const std::string bytes = *ReadFile(folder.Path("v.npy"));
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const size_t header = 10 + static_cast<unsigned char>(bytes[8]) + 256 * static_cast<unsigned char>(bytes[9]);
  EXPECT_EQ(header % 64, 0);
  EXPECT_EQ(bytes.size(), header + 16);
  EXPECT_THAT(bytes, HasSubstr("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }"));
  EXPECT_EQ(*ReadFile(folder.Path("v.words.txt")), "a\nb\n");
}

TEST(ExportTest, ProjectorGetsATableOfNumbersAndOneOfWords) {
  const TemporaryFolder folder;
  ASSERT_TRUE(ExportVectors(Vectors(), "projector", folder.Path("projector")).ok());
  EXPECT_EQ(*ReadFile(folder.Path("projector/vectors.tsv")), "0.1\t-2\n1e-42\t3.4028235e+38\n");
  EXPECT_EQ(*ReadFile(folder.Path("projector/metadata.tsv")), "a\nb\n");
}

TEST(ExportTest, AFormThatIsNoneIsRefusedWithTheNearest) {
  const TemporaryFolder folder;
  EXPECT_THAT(std::string(ExportVectors(Vectors(), "word2vec-txt", folder.Path("v")).status().message()),
              HasSubstr("word2vec-text"));
}

TEST(ExportTest, AWordThatTheFormCannotHoldIsRefusedBeforeAnythingIsWritten) {
  const TemporaryFolder folder;
  const auto complaint = [&](const std::string& word, const char* form) {
    const std::vector<std::string> words = {"whole", word};
    const auto vectors = WordVectors::FromRows(words, {1, 2}, 1).value();
    const auto exported = ExportVectors(vectors, form, folder.Path("v.npy"));
    EXPECT_TRUE(std::filesystem::is_empty(folder.path())) << form;
    return std::string(exported.status().message());
  };
  for (const char* form : {"word2vec-binary", "word2vec-text", "npy", "projector"}) {
    EXPECT_THAT(complaint("a\nb", form), HasSubstr("word 1, \"a\nb\", is empty or has a")) << form;
  }
  EXPECT_THAT(complaint("a b", "word2vec-text"), HasSubstr("a space or line end"));
  EXPECT_THAT(complaint("a\tb", "projector"), HasSubstr("a tab or line end"));
}

}  // namespace
}  // namespace shoal
