// UniqueKeys: numbers the distinct keys of a batch, from 0, in order of their first appearance: the de-duplication that
// makes one row travel once however often a batch names it.
//
// Thread rule: not safe for concurrent use.

#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shoal {

class UniqueKeys {
 public:
  // Forgets all keys and makes room for `keys`. Costs nothing but the growth: places carry the batch they belong to.
  void Begin(size_t keys);

  // The number of `key`; `fresh` says whether it is its first appearance since Begin.
  uint32_t NumberOf(uint64_t key, bool* fresh);

 private:
  // Eight bytes, so that the places of a batch stay in the cache beside its rows; the key itself is in keys_.
  struct Place {
    uint32_t batch = 0;
    uint32_t number = 0;
  };

  std::vector<Place> places_;   // Open addressing, at most half full.
  std::vector<uint64_t> keys_;  // [distinct keys] By number.
  uint64_t mask_ = 0;
  uint32_t batch_ = 0;
};

}  // namespace shoal
