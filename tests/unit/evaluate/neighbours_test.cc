#include "evaluate/neighbours.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "common/random.h"
#include "evaluate/similarity.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

WordVectors Vectors(std::vector<float> rows, uint32_t dim) {
  std::vector<std::string> words;
  for (size_t i = 0; i < rows.size() / dim; ++i) words.push_back(std::to_string(i));
  return WordVectors::FromRows(words, std::move(rows), dim).value();
}

std::vector<float> RandomNumbers(uint64_t key, size_t count) {
  CounterRandom random(key);
  std::vector<float> numbers(count);
  for (float& x : numbers) x = random.NextFloat() - 0.5f;
  return numbers;
}

std::vector<uint64_t> RowsOf(const std::vector<Neighbour>& neighbours) {
  std::vector<uint64_t> rows;
  for (const Neighbour& neighbour : neighbours) rows.push_back(neighbour.row);
  return rows;
}

// Every row by its cosine in float64.
std::vector<uint64_t> NearestBySorting(const WordVectors& vectors, std::span<const float> query, size_t k) {
  std::vector<uint64_t> rows(vectors.words());
  for (uint64_t i = 0; i < rows.size(); ++i) rows[i] = i;
  std::stable_sort(rows.begin(), rows.end(), [&](uint64_t a, uint64_t b) {
    return Cosine(vectors.row(a), query) > Cosine(vectors.row(b), query);
  });
  rows.resize(k);
  return rows;
}

TEST(NeighbourSearchTest, ManyQueriesOverManyBlocksFindWhatSortingFinds) {
  constexpr uint32_t kDim = 7, kQueries = 130, kNearest = 5;
  const auto vectors = Vectors(RandomNumbers(1, 2500 * kDim), kDim);
  const std::vector<float> queries = RandomNumbers(2, kQueries * kDim);
  const std::vector<uint64_t> none(kQueries, NeighbourSearch::kNoRow);
  const auto found = NeighbourSearch(vectors).Find(queries, none, kNearest);
  ASSERT_EQ(found.size(), kQueries);
  for (size_t q = 0; q < kQueries; ++q) {
    const std::span query(&queries[q * kDim], kDim);
    EXPECT_EQ(RowsOf(found[q]), NearestBySorting(vectors, query, kNearest)) << q;
    EXPECT_NEAR(found[q][0].cosine, Cosine(vectors.row(found[q][0].row), query), 1e-6);
  }
}

TEST(NeighbourSearchTest, LengthDoesNotMatterAndTheWordItselfIsLeftOut) {
  const auto vectors = Vectors({1, 0, /**/ 100, 10, /**/ 0.001f, 0, /**/ 0, 1}, 2);
  const auto nearest = NeighbourSearch(vectors).OfWord(0, 3);
  EXPECT_THAT(RowsOf(nearest), ElementsAre(2, 1, 3));
  EXPECT_NEAR(nearest[0].cosine, 1, 1e-6);
  EXPECT_NEAR(nearest[1].cosine, 100 / std::sqrt(10100.0), 1e-6);
}

TEST(NeighbourSearchTest, RowsWithoutADirectionAreNobodysNeighbours) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const auto vectors = Vectors({1, 0, /**/ nan, 0, /**/ 0, 0, /**/ infinity, 1, /**/ -1, 0}, 2);
  EXPECT_THAT(RowsOf(NeighbourSearch(vectors).OfWord(0, 10)), ElementsAre(4));
  EXPECT_THAT(NeighbourSearch(vectors).OfWord(1, 10), IsEmpty());
}

TEST(NeighbourSearchTest, OfEqualCosinesTheCommonerWordComesFirst) {
  const auto vectors = Vectors({1, 1, 1, 1, 1}, 1);
  EXPECT_THAT(RowsOf(NeighbourSearch(vectors).OfWord(2, 3)), ElementsAre(0, 1, 3));
}

}  // namespace
}  // namespace shoal
