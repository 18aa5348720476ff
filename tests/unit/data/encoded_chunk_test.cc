#include "data/encoded_chunk.h"

#include <cstring>
#include <string>

#include "data/normalizer.h"
#include "gmock/gmock.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// `text`, in normal form already, with its padding.
Buffer Normal(std::string_view text) {
  Buffer buffer(text.size() + kNormalPadding);
  std::memset(buffer.data(), 0, buffer.size());
  std::memcpy(buffer.data(), text.data(), text.size());
  buffer.Truncate(text.size());
  return buffer;
}

class EncodeChunkTest : public ::testing::Test {
 protected:
  void Encode(std::string_view text) { EncodeChunk(Normal(text), /*starts_line=*/true, &chunk_, &counts_); }

  EncodedChunk chunk_;
  CorpusCounts counts_;
};

TEST_F(EncodeChunkTest, WordsAreNumberedInTheOrderTheyCome) {
  Encode("b a  b\n c\n");
  EXPECT_THAT(chunk_.tokens, ElementsAre(0, 1, 0, 2));
  EXPECT_THAT(chunk_.type_counts, ElementsAre(2, 1, 1));
  EXPECT_EQ(chunk_.types.word(0), "b");
  EXPECT_EQ(chunk_.types.word(2), "c");
  EXPECT_EQ(counts_.words_read, 4u);
}

TEST_F(EncodeChunkTest, EmptyLinesAreLeftOutButTheFirstAndTheLast) {
  Encode("\n\na b\n\n\nc\nd");
  EXPECT_THAT(chunk_.line_words, ElementsAre(0, 2, 1, 1));
  Encode("a b\n\n\nc\n  ");
  EXPECT_THAT(chunk_.line_words, ElementsAre(2, 1, 0));
}

TEST_F(EncodeChunkTest, AChunkWithoutWordsHasOneLineOfNone) {
  Encode("");
  EXPECT_THAT(chunk_.tokens, IsEmpty());
  EXPECT_THAT(chunk_.line_words, ElementsAre(0));
}

TEST_F(EncodeChunkTest, AWordAtTheVeryEndOfABlockIsWhole) {
  for (size_t length = kNormalPadding - 2; length <= kNormalPadding + 2; ++length) {
    Encode(std::string(length, 'x'));
    ASSERT_EQ(chunk_.types.size(), 1u);
    EXPECT_EQ(chunk_.types.word(0).size(), length);
  }
}

TEST_F(EncodeChunkTest, AWordThatIsTooLongIsDroppedAndCounted) {
  Encode("a " + std::string(kMaxWordBytes + 1, 'x') + " " + std::string(kMaxWordBytes, 'y'));
  EXPECT_EQ(chunk_.types.size(), 2u);
  EXPECT_EQ(counts_.words_too_long, 1u);
  EXPECT_EQ(counts_.words_read, 2u);
}

TEST_F(EncodeChunkTest, NothingOfTheChunkBeforeStays) {
  Encode("a b c\n");
  Encode("c\n");
  EXPECT_THAT(chunk_.tokens, ElementsAre(0));
  EXPECT_THAT(chunk_.type_counts, ElementsAre(1));
  EXPECT_THAT(chunk_.line_words, ElementsAre(1, 0));
}

}  // namespace
}  // namespace shoal
