// Context counts: how often each word stands near each other word of a corpus.
//
// Rows are counted a block at a time, each block by one pass over the tokens, so that memory is bounded whatever the
// corpus: a row takes 8 bytes for each of its contexts or for each word of the vocabulary, whichever is less, and a
// block holds as many rows as fit a budget. How many contexts a row has follows from positions alone, and is known
// before. Spilling sorted pairs to disk, as GloVe does, would write ten times the corpus.
//
// Counts are exact integers, in units of 1 / window where contexts are weighted by distance.
//
// Thread rule: immutable after Create; CountRows is safe from any thread.

#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "data/token_file.h"

namespace shoal {

struct ContextWindow {
  uint32_t reach = 5;           // Words to each side.
  bool weigh_distance = false;  // A context at distance d counts reach - d + 1; else 1.

  uint32_t WeightAt(uint32_t distance) const { return weigh_distance ? reach - distance + 1 : 1; }
};

class ContextCounts {
 public:
  // One pass over the tokens. The file must outlive this.
  ContextCounts(const TokenFile& tokens, ContextWindow window);

  uint64_t words() const { return weights_.size(); }
  // Weight of all contexts of each word [words]. Windows are symmetric: it is also the weight of each context.
  std::span<const uint64_t> weights() const { return weights_; }

  struct Block {
    uint64_t first = 0, end = 0;  // Rows.
  };
  // Blocks that cover all rows, each of about `bytes` of counters at most; one row may take more.
  std::vector<Block> Blocks(uint64_t bytes) const;

  // For each row of `block` in turn, row(word, contexts, counts): contexts in rising order, counts above 0.
  using Row = std::function<void(uint64_t word, std::span<const uint32_t> contexts, std::span<const uint64_t> counts)>;
  void CountRows(const Block& block, const Row& row) const;

 private:
  // Counters that the row needs: one for each context met, or for each word.
  uint64_t CellsOf(uint64_t word) const { return std::min<uint64_t>(contexts_[word], words()); }

  const TokenFile& tokens_;
  const ContextWindow window_;
  std::vector<uint64_t> contexts_;  // [words] contexts met, each as often as it is met.
  std::vector<uint64_t> weights_;   // [words]
};

}  // namespace shoal
