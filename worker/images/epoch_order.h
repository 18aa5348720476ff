// EpochOrder: in which order an epoch takes the pictures of a set: a permutation keyed by (seed, epoch), the same for
// every worker. Steps take runs of it, so that a batch is drawn from all classes though the set lies class by class.
//
// Thread rule: belongs to one thread; keeps the order of the epoch it was last asked for.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace shoal {

class EpochOrder {
 public:
  // Of `pictures`, fewer than 2^32.
  EpochOrder(uint64_t seed, uint64_t pictures);

  // The pictures at places [begin, end) of the epoch's order. Valid until another epoch is asked for.
  std::span<const uint32_t> At(uint32_t epoch, uint64_t begin, uint64_t end);

 private:
  void LayOut(uint32_t epoch);

  const uint64_t seed_;
  uint32_t epoch_ = 0;
  std::vector<uint32_t> order_;
};

}  // namespace shoal
