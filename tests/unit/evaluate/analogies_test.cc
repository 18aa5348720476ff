#include "evaluate/analogies.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

// Royalty along the first axis, sex along the second, food along the third.
WordVectors Royals() {
  const std::vector<std::string> words = {"man", "woman", "king", "queen", "bread", "Queen"};
  return WordVectors::FromRows(words,
                               {0, 1, 0,           //
                                0, -1, 0,          //
                                1, 1, 0,           //
                                1, -1, 0,          //
                                0.2f, 0.3f, 1.5f,  //
                                1, -1, 0.01f},
                               3)
      .value();
}

std::vector<AnalogySection> Ask(const std::vector<std::array<std::string, 4>>& questions) {
  return {{.name = "section", .questions = questions}};
}

TEST(AnalogiesTest, TheFourthCornerIsFoundByBothMethods) {
  const auto vectors = Royals();
  const auto result = EvaluateAnalogies(vectors, WordLookup(vectors), Ask({{"man", "woman", "king", "queen"}}));
  EXPECT_EQ(result.total.asked, 1);
  EXPECT_EQ(result.total.right_by_sum, 1);
  EXPECT_EQ(result.total.right_by_product, 1);
}

TEST(AnalogiesTest, AWrongAnswerIsCountedAsAskedOnly) {
  const auto vectors = Royals();
  const auto result = EvaluateAnalogies(vectors, WordLookup(vectors), Ask({{"man", "woman", "king", "bread"}}));
  EXPECT_EQ(result.total.asked, 1);
  EXPECT_EQ(result.total.right_by_sum, 0);
  EXPECT_EQ(result.total.right_by_product, 0);
}

TEST(AnalogiesTest, TheWordsOfTheQuestionAreNoAnswersWhateverTheirCase) {
  const auto vectors = Royals();
  // Queen is queen in another case; nearest to king - man + queen is queen itself, then king, which is asked with too.
  const auto result = EvaluateAnalogies(vectors, WordLookup(vectors), Ask({{"MAN", "king", "queen", "queen"}}));
  EXPECT_EQ(result.total.asked, 1);
  EXPECT_EQ(result.total.right_by_sum, 0);
}

TEST(AnalogiesTest, AnAnswerInAnotherCaseIsRight) {
  const std::vector<std::string> words = {"man", "woman", "king", "far", "QUEEN"};
  const auto vectors = WordVectors::FromRows(words, {0, 1, 0, -1, 1, 1, -1, 0, 1, -1}, 2).value();
  const auto result = EvaluateAnalogies(vectors, WordLookup(vectors), Ask({{"man", "woman", "king", "queen"}}));
  EXPECT_EQ(result.total.right_by_sum, 1);
}

TEST(AnalogiesTest, QuestionsWithUnknownOrTooRareWordsAreSkippedAndCounted) {
  const auto vectors = Royals();
  const auto questions = Ask({{"man", "woman", "king", "queen"}, {"man", "woman", "emperor", "empress"}});
  const auto all = EvaluateAnalogies(vectors, WordLookup(vectors), questions);
  EXPECT_EQ(all.total.questions, 2);
  EXPECT_EQ(all.total.asked, 1);
  const auto three = EvaluateAnalogies(vectors, WordLookup(vectors, 3), questions);
  EXPECT_EQ(three.total.asked, 0);
  EXPECT_EQ(three.total.accuracy_by_sum(), 0);
}

TEST(AnalogiesTest, SectionsAreCountedApartAndTogether) {
  const auto vectors = Royals();
  const std::vector<AnalogySection> sections = {
      {.name = "right", .questions = {{"man", "woman", "king", "queen"}, {"woman", "man", "queen", "king"}}},
      {.name = "wrong", .questions = {{"man", "woman", "king", "bread"}}}};
  const auto result = EvaluateAnalogies(vectors, WordLookup(vectors), sections);
  EXPECT_EQ(result.sections[0].accuracy_by_sum(), 1);
  EXPECT_EQ(result.sections[1].accuracy_by_sum(), 0);
  EXPECT_NEAR(result.total.accuracy_by_sum(), 2.0 / 3, 1e-12);
}

TEST(ReadAnalogiesTest, SectionsAndQuestionsAreRead) {
  const TemporaryFolder folder;
  const auto sections = ReadAnalogies(folder.Write("q.txt", ": one\r\na b c d\r\n: two\ne f g h\n"));
  ASSERT_TRUE(sections.ok()) << sections.status();
  ASSERT_EQ(sections->size(), 2);
  EXPECT_EQ((*sections)[1].name, "two");
  EXPECT_EQ((*sections)[0].questions[0][3], "d");
}

TEST(ReadAnalogiesTest, WhatFollowsAColonNamesASectionHoweverManyWordsItIs) {
  const TemporaryFolder folder;
  const auto sections = ReadAnalogies(
      folder.Write("q.txt", ": capital common countries\na b c d\n:family\n: gram1 adjective to adverb\n:\n"));
  ASSERT_TRUE(sections.ok()) << sections.status();
  ASSERT_EQ(sections->size(), 4);
  EXPECT_EQ((*sections)[0].name, "capital common countries");
  EXPECT_EQ((*sections)[0].questions.size(), 1);
  EXPECT_EQ((*sections)[1].name, "family");
  EXPECT_EQ((*sections)[2].name, "gram1 adjective to adverb");
  EXPECT_EQ((*sections)[3].name, "");
}

TEST(ReadAnalogiesTest, MistakesAreReportedWithTheirLine) {
  const TemporaryFolder folder;
  EXPECT_THAT(std::string(ReadAnalogies(folder.Write("q.txt", "a b c d\n")).status().message()),
              HasSubstr("q.txt:1: expected a line \": section\""));
  EXPECT_THAT(std::string(ReadAnalogies(folder.Write("q.txt", ": s\na b c\n")).status().message()),
              HasSubstr("q.txt:2: expected four words, as \"man king woman queen\", got 3"));
}

}  // namespace
}  // namespace shoal
