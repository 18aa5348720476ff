// NoiseTable: the words that negative sampling draws, in proportion to count^power, as a shuffled table that is read in
// order: from a random start a sentence takes one word after the other, at the price of a sequential load.
//
// Each word stands in the table as often as the whole part of its share says; the places left are drawn from the
// fractions, anew for each key (epoch). So a word whose share is below one place, too, gets its due in expectation over
// epochs, and a frequent word's share has no noise. Rejected: a draw from the alias table for each negative, which
// costs a cache miss each; word2vec.c's table of 10^8 places, read at random, which costs two.
//
// Thread rule: Redraw belongs to one thread; the rest is safe from any thread between its calls.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "data/alias_table.h"

namespace shoal {

class NoiseTable {
 public:
  // `counts` [words], all of them positive. It has a power of two of places: eight a word, between 2^16 and
  // 2^24.
  NoiseTable(std::span<const uint64_t> counts, double power);

  // Draws the fractional places and shuffles all, as `key` says. To be called before the first At.
  void Redraw(uint64_t key);

  // The word at a place; places wrap around.
  uint32_t At(uint64_t place) const { return places_[place & mask_]; }

  uint64_t size() const { return mask_ + 1; }

  // Of word `id` in one draw, over all keys.
  double probability(uint32_t id) const { return probability_[id]; }

 private:
  static uint64_t PlacesFor(uint64_t words);

  std::vector<double> probability_;  // [words]
  uint64_t mask_;
  AliasTable fractions_;
  std::vector<uint32_t> places_;
};

}  // namespace shoal
