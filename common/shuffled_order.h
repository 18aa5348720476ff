// LayOutShuffled: the numbers from 0 in an order that a stream of random numbers decides alone.
//
// Pure function; safe from any thread.
// Source: Durstenfeld 1964, "Algorithm 235: Random permutation".

#pragma once

#include <cstdint>
#include <numeric>
#include <span>
#include <utility>

#include "common/random.h"

namespace shoal {

// `order` becomes a permutation of [0, order.size()).
inline void LayOutShuffled(CounterRandom random, std::span<uint32_t> order) {
  std::iota(order.begin(), order.end(), 0u);
  for (size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.NextBelow(static_cast<uint32_t>(i))]);
}

}  // namespace shoal
