// TypeCounter: how often each distinct word of a corpus occurs, in bounded memory.
//
// When the table is full, the rarest quarter of its words leaves it. A word that comes back is counted from then on;
// Recount gives those still there at the end their exact counts. What is lost are words that were rare whenever the
// table was full. word2vec.c (ReduceVocab) prunes by a threshold that rises by one each time instead, which may empty
// the table of a corpus of rare words, and leaves the counts too low.
//
// The result depends on the order of the chunks. Thread rule: belongs to one thread at a time.

#pragma once

#include <cstdint>
#include <vector>

#include "data/chunk_store.h"
#include "data/word_table.h"

namespace shoal {

class TypeCounter {
 public:
  explicit TypeCounter(uint64_t max_types);

  // Adds the words of the next chunk.
  void Add(const ChunkDictionary& dictionary);

  // Once all chunks were added and some types pruned: counts again, from zero, the words that are in the table.
  void BeginRecount();
  void Recount(const ChunkDictionary& dictionary);

  const WordTable& types() const { return types_; }
  const std::vector<uint64_t>& counts() const { return counts_; }
  uint64_t types_pruned() const { return types_pruned_; }
  // The most occurrences that a word had, since it last came into the table, when it was pruned.
  uint64_t highest_pruned() const { return highest_pruned_; }

 private:
  void Prune();

  const uint64_t max_types_;
  WordTable types_;
  std::vector<uint64_t> counts_;
  uint64_t types_pruned_ = 0;
  uint64_t highest_pruned_ = 0;
};

}  // namespace shoal
