#include "data/vocabulary.h"

#include "common/files.h"
#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Vocabulary Make(const std::vector<std::pair<std::string, uint64_t>>& words, const VocabularyLimits& limits) {
  WordTable types;
  std::vector<uint64_t> counts;
  for (const auto& [word, count] : words) {
    types.InsertUnpadded(word);
    counts.push_back(count);
  }
  return Vocabulary::FromCounts(types, counts, limits);
}

std::vector<std::string> WordsOf(const Vocabulary& vocabulary) {
  std::vector<std::string> words;
  for (uint32_t id = 0; id < vocabulary.size(); ++id) words.emplace_back(vocabulary.word(id));
  return words;
}

TEST(VocabularyTest, IdsFollowFallingCountsAndThenBytes) {
  const Vocabulary vocabulary = Make({{"b", 2}, {"é", 2}, {"a", 2}, {"rare", 1}, {"most", 9}}, {});
  EXPECT_THAT(WordsOf(vocabulary), ElementsAre("most", "a", "b", "é", "rare"));
  EXPECT_THAT(vocabulary.counts(), ElementsAre(9, 2, 2, 2, 1));
}

TEST(VocabularyTest, RareWordsAndThoseBeyondTheLimitAreLeftOut) {
  EXPECT_THAT(WordsOf(Make({{"a", 4}, {"b", 5}, {"c", 6}}, {.min_count = 5})), ElementsAre("c", "b"));
  EXPECT_THAT(WordsOf(Make({{"a", 4}, {"b", 5}, {"c", 6}}, {.max_words = 1})), ElementsAre("c"));
}

TEST(VocabularyTest, CountsDoNotEndAt32Bits) {
  EXPECT_EQ(Make({{"the", uint64_t{1} << 40}}, {}).count(0), uint64_t{1} << 40);
}

TEST(VocabularyTest, LinesMayComeInAnyOrderWithTabsAndCarriageReturns) {
  const TemporaryFolder folder;
  const auto read = Vocabulary::Read(folder.Write("v", "a\t1\r\n\r\nb 7\r\nc 3"), {.min_count = 2});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(WordsOf(*read), ElementsAre("b", "c"));
}

TEST(VocabularyTest, AByteOrderMarkIsNoPartOfTheFirstWordAndUtf16IsRefused) {
  const TemporaryFolder folder;
  const auto read = Vocabulary::Read(folder.Write("v", "\ufeffa 2\nb 1\n"), {});
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_THAT(WordsOf(*read), ElementsAre("a", "b"));
  EXPECT_THAT(Vocabulary::Read(folder.Write("v", std::string_view("\xfe\xff\0a\0 \0001", 8)), {}).status().message(),
              HasSubstr("v is UTF-16; convert it: iconv -f UTF-16 -t UTF-8"));
}

TEST(VocabularyTest, AFileWithoutAWordThatIsFrequentEnoughIsNamedWithTheCure) {
  const TemporaryFolder folder;
  const std::string path = folder.Write("v", "a 3\nb 4\nc 1\n");
  EXPECT_EQ(Vocabulary::Read(path, {.min_count = 5}).status().message(),
            Cat("no word of ", path,
                " has a count of data.corpus.min_count = 5 or more; lower it: --set data.corpus.min_count=4"));
}

TEST(VocabularyTest, AWrongLineIsNamedWithItsNumber) {
  const TemporaryFolder folder;
  const auto error = [&](std::string_view text) {
    return std::string(ToStd(Vocabulary::Read(folder.Write("v", text), {}).status().message()));
  };
  EXPECT_THAT(error("a 1\nword\n"), HasSubstr("line 2 is \"word\", expected a word of up to 255 bytes, a space and a"));
  EXPECT_THAT(error("a -1\n"), HasSubstr("line 1 is \"a -1\""));
  EXPECT_THAT(error("a 0\n"), HasSubstr("line 1 is \"a 0\""));
  EXPECT_THAT(error("a 99999999999999999999\n"), HasSubstr("line 1 is"));
  EXPECT_THAT(error("two words 3\n"), HasSubstr("line 1 is"));
  EXPECT_THAT(error("a 1\nb 1\na 2\n"), HasSubstr("line 3: the word \"a\" stands there twice"));
  EXPECT_THAT(error(Cat(std::string(300, 'x'), " 1\n")), HasSubstr("line 1 is \"xxx"));
  EXPECT_THAT(error("\n"), HasSubstr("no words; expected \"word count\" lines"));
}

}  // namespace
}  // namespace shoal
