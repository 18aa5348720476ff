#include "worker/probes/nearest_rows.h"

#include <algorithm>
#include <cmath>

#include "worker/kernels/row_products_kernel.h"

namespace shoal {
namespace {

// A block of rows stays in the second-level cache.
constexpr uint64_t kBlockFloats = uint64_t{1} << 17;
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

std::vector<float> InverseLengths(std::span<const float> rows, uint32_t dim) {
  std::vector<float> inverse(rows.size() / dim);
  for (uint64_t row = 0; row < inverse.size(); ++row) {
    double square = 0;
    for (const float x : rows.subspan(row * dim, dim)) square += double{x} * x;
    inverse[row] = square > 0 && std::isfinite(square) ? static_cast<float>(1 / std::sqrt(square)) : 0;
  }
  return inverse;
}

NearestRows::NearestRows(std::span<const float> rows, uint32_t dim)
    : rows_(rows), dim_(dim), inverse_lengths_(InverseLengths(rows, dim)) {}

std::vector<std::vector<Neighbour>> NearestRows::Find(std::span<const float> queries, std::span<const uint64_t> exclude,
                                                      size_t k) const {
  const std::vector<float> query_scales = InverseLengths(queries, dim_);
  const uint64_t all = query_scales.size(), block_rows = std::max<uint64_t>(1, kBlockFloats / dim_);
  std::vector<std::vector<Neighbour>> nearest(all);
  if (k == 0) return nearest;
  const RowProductsFunctions& kernel = RowProductsKernel();
  std::vector<float> scores(kBatchQueries * std::min(block_rows, size()));
  for (uint64_t batch = 0; batch < all; batch += kBatchQueries) {
    const uint64_t batch_size = std::min(kBatchQueries, all - batch);
    for (uint64_t block = 0; block < size(); block += block_rows) {
      const uint64_t block_size = std::min(block_rows, size() - block);
      kernel.products(&queries[batch * dim_], batch_size, &rows_[block * dim_], block_size, dim_, scores.data(),
                      block_size);
      for (uint64_t q = 0; q < batch_size; ++q) {
        OfferBlock(block, {&scores[q * block_size], block_size}, &inverse_lengths_[block], query_scales[batch + q],
                   exclude.empty() ? kNoRow : exclude[batch + q], k, &nearest[batch + q]);
      }
    }
  }
  for (auto& found : nearest) std::sort_heap(found.begin(), found.end(), Nearer);
  return nearest;
}

std::vector<Neighbour> NearestRows::OfRow(uint64_t row, size_t k) const {
  return Find(rows_.subspan(row * dim_, dim_), std::span(&row, 1), k).front();
}

}  // namespace shoal
