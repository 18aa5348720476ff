#include "evaluate/neighbours.h"

#include <Eigen/Core>
#include <algorithm>
#include <cmath>

namespace shoal {
namespace {

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// A block of rows (1.2 MB at 300 numbers) and its scores stay in the second-level cache.
constexpr uint64_t kBlockRows = 1024;
constexpr uint64_t kBatchQueries = 64;

bool Nearer(const Neighbour& a, const Neighbour& b) {
  return a.cosine != b.cosine ? a.cosine > b.cosine : a.row < b.row;
}

// The k nearest seen so far: a heap whose top is the farthest of them.
void Offer(const Neighbour& candidate, size_t k, std::vector<Neighbour>* nearest) {
  if (nearest->size() == k) {
    if (!Nearer(candidate, nearest->front())) return;
    std::pop_heap(nearest->begin(), nearest->end(), Nearer);
    nearest->back() = candidate;
  } else {
    nearest->push_back(candidate);
  }
  std::push_heap(nearest->begin(), nearest->end(), Nearer);
}

// Offers rows [first, first + scores.size()) to one query. `scores` are products with rows not normalised.
void OfferBlock(uint64_t first, std::span<const float> scores, const float* inverse_lengths, float query_scale,
                uint64_t exclude, size_t k, std::vector<Neighbour>* nearest) {
  for (size_t i = 0; i < scores.size(); ++i) {
    const float cosine = scores[i] * inverse_lengths[i] * query_scale;
    if (nearest->size() == k && cosine <= nearest->front().cosine) continue;
    if (inverse_lengths[i] == 0 || first + i == exclude || std::isnan(cosine)) continue;
    Offer({first + i, cosine}, k, nearest);
  }
}

}  // namespace

std::vector<float> InverseLengths(const WordVectors& vectors, uint64_t first_words) {
  std::vector<float> inverse(std::min(first_words, vectors.words()));
  for (uint64_t row = 0; row < inverse.size(); ++row) {
    double square = 0;
    for (const float x : vectors.row(row)) square += double{x} * x;
    inverse[row] = square > 0 && std::isfinite(square) ? static_cast<float>(1 / std::sqrt(square)) : 0;
  }
  return inverse;
}

NeighbourSearch::NeighbourSearch(const WordVectors& vectors)
    : vectors_(vectors), inverse_lengths_(InverseLengths(vectors, vectors.words())) {}

std::vector<std::vector<Neighbour>> NeighbourSearch::Find(std::span<const float> queries,
                                                          std::span<const uint64_t> exclude, size_t k) const {
  const uint64_t dim = vectors_.dim(), all = queries.size() / dim;
  std::vector<std::vector<Neighbour>> nearest(all);
  if (k == 0) return nearest;
  RowMajor scores;
  for (uint64_t batch = 0; batch < all; batch += kBatchQueries) {
    const uint64_t batch_size = std::min(kBatchQueries, all - batch);
    const Eigen::Map<const RowMajor> wanted(queries.data() + batch * dim, batch_size, dim);
    for (uint64_t block = 0; block < vectors_.words(); block += kBlockRows) {
      const uint64_t block_size = std::min(kBlockRows, vectors_.words() - block);
      const Eigen::Map<const RowMajor> rows(vectors_.row(block).data(), block_size, dim);
      scores.noalias() = wanted * rows.transpose();
      for (uint64_t q = 0; q < batch_size; ++q) {
        const float length = wanted.row(q).norm();
        OfferBlock(block, {scores.row(q).data(), block_size}, &inverse_lengths_[block], length > 0 ? 1 / length : 0,
                   exclude[batch + q], k, &nearest[batch + q]);
      }
    }
  }
  for (auto& found : nearest) std::sort_heap(found.begin(), found.end(), Nearer);
  return nearest;
}

std::vector<Neighbour> NeighbourSearch::OfWord(uint64_t row, size_t k) const {
  return Find(vectors_.row(row), std::span(&row, 1), k).front();
}

}  // namespace shoal
