#include "evaluate/similarity.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(RanksTest, EqualValuesShareTheMeanOfTheirRanks) {
  EXPECT_THAT(Ranks(std::vector<double>{10, 20, 20, 5, 20}), ElementsAre(2, 4, 4, 1, 4));
}

TEST(SpearmanTest, EqualsScipyWithoutTies) {
  // scipy.stats.spearmanr([1, 2, 3, 4, 5], [5, 6, 7, 8, 7.5]) is 0.9.
  EXPECT_NEAR(Spearman(std::vector<double>{1, 2, 3, 4, 5}, std::vector<double>{5, 6, 7, 8, 7.5}), 0.9, 1e-12);
}

TEST(SpearmanTest, EqualsScipyWithTies) {
  // scipy.stats.spearmanr([1, 2, 2, 3, 4, 4], [2, 1, 3, 3, 5, 4]) is 0.8508410434878082.
  EXPECT_NEAR(Spearman(std::vector<double>{1, 2, 2, 3, 4, 4}, std::vector<double>{2, 1, 3, 3, 5, 4}),
              0.8508410434878082, 1e-12);
}

TEST(SpearmanTest, SeesRanksOnlyAndTheirDirection) {
  EXPECT_DOUBLE_EQ(Spearman(std::vector<double>{1, 2, 3}, std::vector<double>{1, 1000, 1e9}), 1);
  EXPECT_DOUBLE_EQ(Spearman(std::vector<double>{1, 2, 3}, std::vector<double>{3, 2, 1}), -1);
}

TEST(SpearmanTest, WithoutSpreadThereIsNoFigure) {
  EXPECT_TRUE(std::isnan(Spearman(std::vector<double>{1, 1, 1}, std::vector<double>{1, 2, 3})));
  EXPECT_TRUE(std::isnan(Spearman(std::vector<double>{1}, std::vector<double>{1})));
}

TEST(CosineTest, IsOneForOneDirectionAndZeroForNone) {
  const std::vector<float> a = {3, 4}, twice = {6, 8}, across = {-4, 3}, zero = {0, 0};
  EXPECT_DOUBLE_EQ(Cosine(a, twice), 1);
  EXPECT_DOUBLE_EQ(Cosine(a, across), 0);
  EXPECT_DOUBLE_EQ(Cosine(a, zero), 0);
}

TEST(SimilarityTest, OnlyPairsWithBothWordsCountAndCaseDoesNotMatter) {
  const std::vector<std::string> words = {"cat", "dog", "Car", "car"};
  // Angles of 0, 10, 60 and 170 degrees.
  const auto vectors = WordVectors::FromRows(words, {1, 0, 0.985f, 0.174f, 0.5f, 0.866f, -0.985f, 0.174f}, 2).value();
  const std::vector<ScoredPair> pairs = {{"CAT", "dog", 9}, {"dog", "CAR", 5}, {"cat", "car", 3}, {"cat", "cow", 8}};
  const auto result = EvaluateSimilarity(vectors, WordLookup(vectors), pairs);
  // By the first of Car and car; by the second, dog and car would be less alike than cat and car.
  EXPECT_DOUBLE_EQ(result.spearman, 1);
  EXPECT_EQ(result.covered, 3);
  EXPECT_EQ(result.pairs, 4);
}

TEST(ReadScoredPairsTest, LineEndsOfWindowsHeadingsCommentsAndBlanksAreTaken) {
  const TemporaryFolder folder;
  const auto pairs = ReadScoredPairs(folder.Write(
      "pairs.txt", "\xef\xbb\xbfWord 1\tWord 2\tmean\r\n# a comment\r\nlove\tsex\t6.77\r\n\r\nnew york\tcity\t8"));
  ASSERT_TRUE(pairs.ok()) << pairs.status();
  ASSERT_EQ(pairs->size(), 2);
  EXPECT_EQ((*pairs)[0].second, "sex");
  EXPECT_EQ((*pairs)[0].score, 6.77);
  EXPECT_EQ((*pairs)[1].first, "new york");
}

TEST(ReadScoredPairsTest, ALineThatIsNoPairIsReportedWithItsNumber) {
  const TemporaryFolder folder;
  const auto pairs = ReadScoredPairs(folder.Write("pairs.txt", "a\tb\t1\nc\td\tmuch\n"));
  EXPECT_EQ(pairs.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(pairs.status().message()), HasSubstr(":2: expected \"word TAB word TAB score\""));
}

TEST(ReadScoredPairsTest, AFileWithoutPairsIsReported) {
  const TemporaryFolder folder;
  EXPECT_THAT(std::string(ReadScoredPairs(folder.Write("pairs.txt", "")).status().message()), HasSubstr("no pairs"));
}

}  // namespace
}  // namespace shoal
