#include "evaluate/word_lookup.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

WordVectors Vectors(const std::vector<std::string>& words) {
  return WordVectors::FromRows(words, std::vector<float>(words.size(), 1), 1).value();
}

TEST(FoldCaseTest, LettersOfAnyScriptAreLoweredAndOtherBytesKept) {
  EXPECT_EQ(FoldCase("\xc3\x89\xd0\x96 Ab\xff"), "\xc3\xa9\xd0\xb6 ab\xff");
}

TEST(WordLookupTest, TheCommonestOfWordsThatDifferInCaseStandsForAll) {
  const auto vectors = Vectors({"the", "Polish", "polish"});
  const WordLookup lookup(vectors);
  EXPECT_EQ(lookup.Find("POLISH"), 1);
  EXPECT_EQ(lookup.Representative(2), 1);
  EXPECT_EQ(lookup.Representative(0), 0);
}

TEST(WordLookupTest, WordsPastTheLimitAreUnknown) {
  const auto vectors = Vectors({"a", "b", "c"});
  const WordLookup lookup(vectors, 2);
  EXPECT_EQ(lookup.words(), 2);
  EXPECT_EQ(lookup.Find("b"), 1);
  EXPECT_EQ(lookup.Find("c"), std::nullopt);
}

TEST(RowOfTest, TheWordAsWrittenGoesBeforeOneOfAnotherCase) {
  const auto vectors = Vectors({"Polish", "polish"});
  const WordLookup lookup(vectors);
  EXPECT_EQ(RowOf(vectors, lookup, "polish").value(), 1);
  EXPECT_EQ(RowOf(vectors, lookup, "POLISH").value(), 0);
  EXPECT_THAT(std::string(RowOf(vectors, lookup, "german").status().message()),
              ::testing::HasSubstr("\"german\" is not among the 2 words"));
}

}  // namespace
}  // namespace shoal
