// NeighbourSearch: the exact nearest words by cosine, many queries at once.
//
// Every query is compared with every row by a blocked matrix product: a block of rows stays in the cache while all
// queries of a batch pass over it. Exact on purpose: an approximate index would make the figures depend on its tuning.
//
// Thread rule: immutable after construction; safe from any thread. The vectors must outlive it.

#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "data/word_vectors.h"

namespace shoal {

struct Neighbour {
  uint64_t row = 0;
  float cosine = 0;
};

// 1 / length of each row; 0 for a row of length 0 or with a NaN or an infinity in it.
std::vector<float> InverseLengths(const WordVectors& vectors, uint64_t first_words);

class NeighbourSearch {
 public:
  static constexpr uint64_t kNoRow = std::numeric_limits<uint64_t>::max();

  explicit NeighbourSearch(const WordVectors& vectors);

  // For each query [dim] of `queries` [n, dim], the `k` rows of the greatest cosine, greatest first (of equals, the
  // commoner word first). Row exclude[i] is left out for query i (kNoRow: none); so are rows without a direction.
  std::vector<std::vector<Neighbour>> Find(std::span<const float> queries, std::span<const uint64_t> exclude,
                                           size_t k) const;

  // The neighbours of the word in `row`, itself left out.
  std::vector<Neighbour> OfWord(uint64_t row, size_t k) const;

 private:
  const WordVectors& vectors_;
  const std::vector<float> inverse_lengths_;
};

}  // namespace shoal
