// How a table's rows lie in memory and on which server: what server and mapped workers must agree on to the byte.
//
// A row is `stride` floats: the weights [dim], zero padding to a multiple of 16 floats (a cache line), then the
// optimizer's state, padded likewise. Key k of a dense-id table lives on server k mod S in slot k div S, so that
// frequent ids (low numbers) spread over the servers. A key of a hashed-key table lives on the server that its hash
// chooses, in the slot that it was given at its first touch.
//
// Pure functions of the table's spec; safe from any thread.

#pragma once

#include <cstdint>
#include <vector>

#include "common/random.h"
#include "proto/wire.pb.h"

namespace shoal {

inline constexpr uint32_t kRowAlignFloats = 16;

constexpr uint32_t PaddedDim(uint32_t dim) { return (dim + kRowAlignFloats - 1) / kRowAlignFloats * kRowAlignFloats; }

// Floats of optimizer state a row has, padded: 0 for SGD.
uint32_t OptimizerStateFloats(job::RowOptimizer::Kind kind, uint32_t dim);

struct RowLayout {
  uint32_t dim = 0;         // Weights.
  uint32_t padded_dim = 0;  // Weights and their padding; the padding is always zero.
  uint32_t stride = 0;      // Floats from one row to the next in a table: weights and state.

  static RowLayout Of(const wire::TableSpec& spec);
};

// Of all rows of dense-id `tables`, on all servers.
uint64_t BytesOf(const std::vector<wire::TableSpec>& tables);

constexpr uint32_t ServerOf(uint64_t key, uint32_t servers) { return static_cast<uint32_t>(key % servers); }
constexpr uint64_t SlotOf(uint64_t key, uint32_t servers) { return key / servers; }

// Of a hashed-key table.
constexpr uint32_t ServerOfHashed(uint64_t key, uint32_t servers) {
  return static_cast<uint32_t>(MixBits(key) % servers);
}

// Rows of a dense-id table of `rows` rows that live on server `index` of `servers`; of a hashed-key table, the most.
constexpr uint64_t RowsOnServer(uint64_t rows, uint32_t index, uint32_t servers) {
  return rows / servers + (index < rows % servers ? 1 : 0);
}

}  // namespace shoal
