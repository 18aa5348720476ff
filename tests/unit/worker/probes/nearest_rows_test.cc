#include "worker/probes/nearest_rows.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "common/random.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;

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

double Cosine(const float* a, const float* b, size_t dim) {
  double product = 0, square_a = 0, square_b = 0;
  for (size_t i = 0; i < dim; ++i) {
    product += double{a[i]} * b[i];
    square_a += double{a[i]} * a[i];
    square_b += double{b[i]} * b[i];
  }
  return product / std::sqrt(square_a * square_b);
}

// Every row by its cosine in float64.
std::vector<uint64_t> NearestBySorting(const std::vector<float>& all, const float* query, size_t dim, size_t k) {
  std::vector<uint64_t> rows(all.size() / dim);
  for (uint64_t i = 0; i < rows.size(); ++i) rows[i] = i;
  std::stable_sort(rows.begin(), rows.end(), [&](uint64_t a, uint64_t b) {
    return Cosine(&all[a * dim], query, dim) > Cosine(&all[b * dim], query, dim);
  });
  rows.resize(k);
  return rows;
}

TEST(NearestRowsTest, ManyQueriesOverManyBlocksFindWhatSortingFinds) {
  constexpr uint32_t kDim = 77, kQueries = 130, kNearest = 5;
  const std::vector<float> rows = RandomNumbers(1, 2500 * kDim), queries = RandomNumbers(2, kQueries * kDim);
  const auto found = NearestRows(rows, kDim).Find(queries, {}, kNearest);
  ASSERT_EQ(found.size(), kQueries);
  for (size_t q = 0; q < kQueries; ++q) {
    const float* const query = &queries[q * kDim];
    EXPECT_EQ(RowsOf(found[q]), NearestBySorting(rows, query, kDim, kNearest)) << q;
    EXPECT_NEAR(found[q][0].cosine, Cosine(&rows[found[q][0].row * kDim], query, kDim), 1e-6);
  }
}

TEST(NearestRowsTest, LengthDoesNotMatterAndTheRowItselfIsLeftOut) {
  const std::vector<float> rows = {1, 0, /**/ 100, 10, /**/ 0.001f, 0, /**/ 0, 1};
  const auto nearest = NearestRows(rows, 2).OfRow(0, 3);
  EXPECT_THAT(RowsOf(nearest), ElementsAre(2, 1, 3));
  EXPECT_NEAR(nearest[0].cosine, 1, 1e-6);
  EXPECT_NEAR(nearest[1].cosine, 100 / std::sqrt(10100.0), 1e-6);
}

TEST(NearestRowsTest, RowsWithoutADirectionAreNobodysNeighbours) {
  const float nan = std::numeric_limits<float>::quiet_NaN(), infinity = std::numeric_limits<float>::infinity();
  const std::vector<float> rows = {1, 0, /**/ nan, 0, /**/ 0, 0, /**/ infinity, 1, /**/ -1, 0};
  EXPECT_THAT(RowsOf(NearestRows(rows, 2).OfRow(0, 10)), ElementsAre(4));
}

TEST(NearestRowsTest, AQueryWithoutADirectionIsAsNearToAll) {
  const std::vector<float> rows = {1, 0, /**/ 0, 1, /**/ 0, 0}, query = {0, 0};
  const auto nearest = NearestRows(rows, 2).Find(query, {}, 10);
  EXPECT_THAT(RowsOf(nearest[0]), ElementsAre(0, 1));
  EXPECT_EQ(nearest[0][0].cosine, 0);
}

TEST(NearestRowsTest, OfEqualCosinesTheEarlierRowComesFirst) {
  const std::vector<float> rows = {1, 1, 1, 1, 1};
  EXPECT_THAT(RowsOf(NearestRows(rows, 1).OfRow(2, 3)), ElementsAre(0, 1, 3));
}

TEST(NearestRowsTest, EqualRowsTieToTheBitWhereverTheyStand) {
  constexpr uint32_t kDim = 37, kCount = 4001;
  const std::vector<float> row = RandomNumbers(3, kDim), queries = RandomNumbers(4, 7 * kDim);
  std::vector<float> rows;
  for (uint32_t i = 0; i < kCount; ++i) rows.insert(rows.end(), row.begin(), row.end());
  std::vector<uint64_t> in_order(kCount);
  std::iota(in_order.begin(), in_order.end(), 0);
  for (const auto& nearest : NearestRows(rows, kDim).Find(queries, {}, kCount)) {
    EXPECT_EQ(RowsOf(nearest), in_order);
  }
}

}  // namespace
}  // namespace shoal
