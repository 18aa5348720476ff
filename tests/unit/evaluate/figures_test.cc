#include "evaluate/figures.h"

#include <limits>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const WordVectors& ThreeWords() {
  static const std::vector<std::string> words = {"cat", "dog", "sun"};
  static const WordVectors vectors = WordVectors::FromRows(words, {1, 0, 0.9f, 0.1f, 0, 1}, 2).value();
  return vectors;
}

TEST(MeasureWordsTest, AnUnknownWordIsSaidAmongTheNeighboursOfTheOthers) {
  const auto figures = MeasureWords(ThreeWords(), "vectors.bin", {.neighbours_of = {"gnu", "cat"}, .neighbours = 1});
  ASSERT_TRUE(figures.ok()) << figures.status();
  const std::string table = FiguresTable(*figures);
  EXPECT_THAT(table, HasSubstr("cat            dog 0.99"));
  EXPECT_THAT(table, HasSubstr("gnu            is not in the vocabulary"));
  EXPECT_THAT(FiguresJson(*figures), Not(HasSubstr("gnu")));
}

TEST(MeasureWordsTest, AVectorWithoutADirectionHasNoNearestWords) {
  const std::vector<std::string> words = {"cat", "zero", "lost"};
  const auto vectors =
      WordVectors::FromRows(words, {1, 0, 0, 0, std::numeric_limits<float>::quiet_NaN(), 1}, 2).value();
  const auto figures = MeasureWords(vectors, "vectors.bin", {.neighbours_of = {"zero", "lost"}});
  ASSERT_TRUE(figures.ok()) << figures.status();
  EXPECT_THAT(FiguresTable(*figures), HasSubstr("zero           has no direction: its vector is zero or not finite\n"));
  EXPECT_THAT(FiguresTable(*figures), HasSubstr("lost           has no direction: its vector is zero or not finite\n"));
  EXPECT_THAT(FiguresJson(*figures), HasSubstr(R"({"word":"zero","nearest":[]})"));
}

TEST(MeasureWordsTest, WhereNoWordIsKnownThereIsNothingToMeasure) {
  const auto figures = MeasureWords(ThreeWords(), "vectors.bin", {.neighbours_of = {"gnu"}});
  EXPECT_THAT(std::string(figures.status().message()), HasSubstr("\"gnu\" is not among the 3 words"));
}

}  // namespace
}  // namespace shoal
