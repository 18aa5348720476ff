#include "evaluate/synonyms.h"

#include <algorithm>
#include <cmath>

#include "evaluate/figures.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Pair;

constexpr uint64_t kWords = 5000;

std::vector<std::pair<uint64_t, uint64_t>> PairsOfEvenAndOdd() {
  std::vector<std::pair<uint64_t, uint64_t>> pairs;
  for (uint64_t i = 0; i < kWords; i += 2) pairs.emplace_back(i, i + 1);
  return pairs;
}

TEST(SynonymsTest, VectorsThatKnowAllSynonymsScoreOne) {
  const auto knows = [](uint64_t a, uint64_t b) { return a / 2 == b / 2 ? 1.0 : 0.0; };
  const SynonymFigure figure = MeasureSynonyms(PairsOfEvenAndOdd(), kWords, 1, knows);
  EXPECT_EQ(figure.nearer, 1);
  EXPECT_EQ(figure.standard_error, 0);
}

TEST(SynonymsTest, UntrainedVectorsScoreOneHalfWithinFourStandardErrors) {
  const SynonymFigure figure = MeasureSynonyms(PairsOfEvenAndOdd(), kWords, 1, UntrainedCosine(20, 7));
  EXPECT_GT(figure.standard_error, 0.001);
  EXPECT_LT(figure.standard_error, 0.01);
  EXPECT_NEAR(figure.nearer, 0.5, 4 * figure.standard_error);
}

TEST(SynonymsTest, VectorsThatOnlyKnowFrequencyScoreOneHalf) {
  // Words are the nearer the commoner both are. Against random words of any frequency, common synonyms would win.
  const auto by_frequency = [](uint64_t a, uint64_t b) { return -static_cast<double>(a + b); };
  std::vector<std::pair<uint64_t, uint64_t>> common;
  for (uint64_t i = 30; i < 1000; i += 2) common.emplace_back(i, i + 1);
  EXPECT_NEAR(MeasureSynonyms(common, kWords, 1, by_frequency).nearer, 0.5, 0.02);
}

TEST(SynonymsTest, RandomWordsAreAboutAsFrequentAndNoSynonyms) {
  const std::vector<std::pair<uint64_t, uint64_t>> pairs = {{100, 2000}, {100, 2001}};
  std::vector<uint64_t> drawn;
  const auto record = [&](uint64_t, uint64_t b) {
    drawn.push_back(b);
    return 0.0;
  };
  MeasureSynonyms({{100, 2000}}, kWords, 1, record);
  MeasureSynonyms(pairs, kWords, 1, record);
  for (const uint64_t row : drawn) {
    EXPECT_TRUE((row >= 80 && row <= 120) || (row >= 1800 && row <= 2202)) << row;
  }
  EXPECT_EQ(std::count(drawn.begin(), drawn.end(), 2001), 1) << "drawn against the synonym of the same word";
}

TEST(SynonymsTest, TheSameSeedDrawsTheSameWords) {
  const auto cosine = UntrainedCosine(5, 1);
  const auto pairs = PairsOfEvenAndOdd();
  EXPECT_EQ(MeasureSynonyms(pairs, kWords, 3, cosine).nearer, MeasureSynonyms(pairs, kWords, 3, cosine).nearer);
  EXPECT_NE(MeasureSynonyms(pairs, kWords, 3, cosine).nearer, MeasureSynonyms(pairs, kWords, 4, cosine).nearer);
}

TEST(SynonymsTest, PairsWithUnknownWordsAreCountedAsNotCovered) {
  const std::vector<std::string> words = {"big", "large", "red"};
  const auto vectors = WordVectors::FromRows(words, {1, 0, 1, 0.1f, 0, 1}, 2).value();
  const auto result =
      EvaluateSynonyms(vectors, WordLookup(vectors), {{"Big", "large"}, {"small", "little"}, {"red", "RED"}}, 1);
  EXPECT_EQ(result.covered, 1);
  EXPECT_EQ(result.pairs, 3);
  EXPECT_EQ(result.trained.nearer, 1);
}

TEST(SynonymsTest, WhereNoPairIsCoveredThereIsNoFigure) {
  const std::vector<std::string> words = {"big", "large"};
  const auto vectors = WordVectors::FromRows(words, {1, 0, 1, 0.1f}, 2).value();
  const auto result = EvaluateSynonyms(vectors, WordLookup(vectors), {{"small", "little"}}, 1);
  EXPECT_TRUE(std::isnan(result.trained.nearer) && std::isnan(result.trained.standard_error));
  EXPECT_TRUE(std::isnan(result.untrained.nearer) && std::isnan(result.untrained.standard_error));
  const WordFigures figures{.synonyms = {result}};
  EXPECT_THAT(FiguresTable(figures), HasSubstr("none covered       none covered   0 of 1"));
  EXPECT_THAT(FiguresJson(figures), HasSubstr("\"nearer\":null,\"standard_error\":null"));
}

TEST(ReadWordPairsTest, ALineOfAnotherFormIsReported) {
  const TemporaryFolder folder;
  const auto pairs = ReadWordPairs(folder.Write("s.txt", "a\tb\nc\n"));
  EXPECT_THAT(std::string(pairs.status().message()), HasSubstr("s.txt:2: expected \"word TAB word\", got 1 columns"));
}

class WordNetTest : public ::testing::Test {
 protected:
  void Files(std::string_view noun, std::string_view adjective) {
    folder_.Write("data.noun", noun);
    folder_.Write("data.adj", adjective);
    folder_.Write("data.verb", "");
    folder_.Write("data.adv", "");
  }
  const TemporaryFolder folder_;
};

TEST_F(WordNetTest, WordsOfASynsetArePairedOnceWithoutCompoundsMarkersAndCase) {
  Files(
      "  1 the licence\n"
      "00000001 03 n 03 Car 0 auto 0 motor_car 0 001 @ 00000002 n 0000 | a vehicle\n"
      "00000002 03 n 02 car 0 auto 1 000 | the same pair\n",
      "00014358 00 s 02 abounding 0 galore(ip) 0 001 & 00013887 a 0000 | existing in abundance\n");
  const auto pairs = ReadWordNetSynonyms(folder_.path());
  ASSERT_TRUE(pairs.ok()) << pairs.status();
  EXPECT_THAT(*pairs, ElementsAre(Pair("abounding", "galore"), Pair("auto", "car")));
}

TEST_F(WordNetTest, CountsOfWordsAreHexadecimal) {
  std::string synset = "00000001 03 n 0a";
  for (char letter = 'a'; letter < 'a' + 10; ++letter) synset += std::string(" ") + letter + " 0";
  Files(synset + " 000 | ten words\n", "");
  EXPECT_EQ(ReadWordNetSynonyms(folder_.path())->size(), 45);
}

TEST_F(WordNetTest, ALineThatIsNoSynsetIsReported) {
  Files("00000001 03 n 05 car 0\n", "");
  EXPECT_THAT(std::string(ReadWordNetSynonyms(folder_.path()).status().message()), HasSubstr("data.noun:1: expected"));
}

TEST_F(WordNetTest, AFolderWithoutWordNetIsNamed) {
  EXPECT_THAT(std::string(ReadWordNetSynonyms(folder_.path()).status().message()), HasSubstr(folder_.path()));
}

}  // namespace
}  // namespace shoal
