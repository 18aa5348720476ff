// AliasTable and NoiseTable: that words are drawn in the proportions asked for.

#include <cmath>
#include <vector>

#include "common/random.h"
#include "data/alias_table.h"
#include "data/noise_table.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

std::vector<double> DrawnShares(const AliasTable& table, int draws) {
  std::vector<double> shares(table.size());
  CounterRandom random(7);
  for (int i = 0; i < draws; ++i) shares[table.Draw(random.Next())] += 1.0 / draws;
  return shares;
}

TEST(AliasTableTest, DrawsInProportionToTheWeights) {
  constexpr int kDraws = 1000000;
  const std::vector<double> weights = {5, 0, 1, 2.5, 1.5, 90};
  const std::vector<double> shares = DrawnShares(AliasTable(weights), kDraws);
  for (size_t i = 0; i < weights.size(); ++i) {
    const double expected = weights[i] / 100;
    EXPECT_NEAR(shares[i], expected, 5 * std::sqrt(expected * (1 - expected) / kDraws)) << i;
  }
}

TEST(AliasTableTest, AWeightOfZeroIsNeverDrawn) {
  const std::vector<double> shares = DrawnShares(AliasTable({{0.0, 3.0, 0.0}}), 100000);
  EXPECT_EQ(shares[0], 0);
  EXPECT_EQ(shares[2], 0);
}

TEST(AliasTableTest, OneWeightIsAlwaysDrawn) {
  const AliasTable table({{0.25}});
  for (const uint64_t bits : {uint64_t{0}, uint64_t{1} << 63, UINT64_MAX}) EXPECT_EQ(table.Draw(bits), 0);
}

// A vocabulary by Zipf's law, down to words seen once.
std::vector<uint64_t> ZipfCounts(uint64_t words) {
  std::vector<uint64_t> counts(words);
  for (uint64_t i = 0; i < words; ++i) counts[i] = std::max<uint64_t>(1, words / (i + 1));
  return counts;
}

std::vector<double> Places(const NoiseTable& table, uint64_t words) {
  std::vector<double> places(words);
  for (uint64_t place = 0; place < table.size(); ++place) ++places[table.At(place)];
  return places;
}

TEST(NoiseTableTest, EveryWordHasItsShareOfPlacesToWithinItsFraction) {
  const std::vector<uint64_t> counts = ZipfCounts(5000);
  NoiseTable table(counts, 0.75);
  table.Redraw(1);
  double sum = 0;
  for (const uint64_t count : counts) sum += std::pow(static_cast<double>(count), 0.75);
  const std::vector<double> places = Places(table, counts.size());
  for (size_t id = 0; id < counts.size(); ++id) {
    const double share = std::pow(static_cast<double>(counts[id]), 0.75) / sum;
    EXPECT_NEAR(table.probability(id), share, 1e-12);
    EXPECT_GE(places[id], std::floor(share * table.size() * (1 - 1e-12))) << id;
    EXPECT_LE(places[id], share * table.size() + 9) << id;
  }
}

TEST(NoiseTableTest, AWordRarerThanAPlaceGetsItsShareOverEpochs) {
  // 2^19 places for 60,000 words of which one is common: the rest are due about .4 places each.
  std::vector<uint64_t> counts(60000, 1);
  counts[0] = 1200000;
  NoiseTable table(counts, 1);
  ASSERT_LT(table.probability(30000) * table.size(), 1);
  double places = 0;
  constexpr int kEpochs = 20;
  for (int epoch = 0; epoch < kEpochs; ++epoch) {
    table.Redraw(epoch);
    const std::vector<double> of_epoch = Places(table, counts.size());
    for (uint64_t id = 20000; id < 40000; ++id) places += of_epoch[id];
  }
  const double expected = kEpochs * 20000 * table.probability(30000) * static_cast<double>(table.size());
  EXPECT_NEAR(places, expected, 5 * std::sqrt(expected));
}

TEST(NoiseTableTest, ThePowerFlattensTheDistribution) {
  NoiseTable flat({{1000, 10, 1}}, 0);
  for (uint32_t id = 0; id < 3; ++id) EXPECT_NEAR(flat.probability(id), 1.0 / 3, 1e-12);
}

TEST(NoiseTableTest, AKeyAlwaysGivesTheSameTableAndAnotherKeyAnother) {
  const std::vector<uint64_t> counts = ZipfCounts(1000);
  NoiseTable a(counts, 0.75), b(counts, 0.75), c(counts, 0.75);
  a.Redraw(1);
  b.Redraw(2);
  b.Redraw(1);
  c.Redraw(2);
  int different = 0;
  for (uint64_t place = 0; place < a.size(); ++place) {
    ASSERT_EQ(a.At(place), b.At(place));
    different += a.At(place) != c.At(place);
  }
  EXPECT_GT(different, a.size() / 2);
}

TEST(NoiseTableTest, TheOrderIsShuffled) {
  NoiseTable table({{1, 1}}, 1);
  table.Redraw(3);
  int equal_neighbours = 0;
  for (uint64_t place = 0; place < table.size(); ++place) equal_neighbours += table.At(place) == table.At(place + 1);
  const double half = table.size() / 2.0;
  EXPECT_NEAR(equal_neighbours, half, 5 * std::sqrt(half));
}

}  // namespace
}  // namespace shoal
