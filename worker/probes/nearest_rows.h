// NearestRows: the exact nearest rows by cosine, of many queries at once: words near a word, pictures near a picture.
//
// Every query is compared with every row by a blocked product: a block of rows stays in the cache while all queries of
// a batch pass over it. Exact on purpose: an approximate index would make the figures depend on its tuning. Equal rows
// have equal cosines to the bit (worker/kernels/row_products_kernel.h), so that the order of ties is defined.
//
// Thread rule: immutable after construction; safe from any thread. The rows must outlive it.

#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace shoal {

struct Neighbour {
  uint64_t row = 0;
  float cosine = 0;
};

// 1 / length of each of `rows` [n, dim]; 0 for a row of length 0 or with a NaN or an infinity in it.
std::vector<float> InverseLengths(std::span<const float> rows, uint32_t dim);

class NearestRows {
 public:
  static constexpr uint64_t kNoRow = std::numeric_limits<uint64_t>::max();

  // `rows` [n, dim].
  NearestRows(std::span<const float> rows, uint32_t dim);

  // For each query [dim] of `queries` [n, dim], the `k` rows of the greatest cosine, greatest first (of equals, the
  // earlier row first). Row exclude[i] is left out for query i (kNoRow: none), no row where `exclude` is empty; rows
  // without a direction always are. A query without a direction is as near to all: its cosines are 0.
  std::vector<std::vector<Neighbour>> Find(std::span<const float> queries, std::span<const uint64_t> exclude,
                                           size_t k) const;

  // The neighbours of `row`, itself left out.
  std::vector<Neighbour> OfRow(uint64_t row, size_t k) const;

  uint32_t dim() const { return dim_; }
  uint64_t size() const { return inverse_lengths_.size(); }

 private:
  const std::span<const float> rows_;
  const uint32_t dim_;
  const std::vector<float> inverse_lengths_;
};

}  // namespace shoal
