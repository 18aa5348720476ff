// KeyIndex: which slot of a hashed-key table a key lives in. Open addressing, linear probing, at most half full; slots
// are given out in order of first touch, and keys are never removed.
//
// Thread rule: not safe for concurrent use; belongs to its table.

#pragma once

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <vector>

namespace shoal {

class KeyIndex {
 public:
  // For at most `keys` keys. Memory is taken as it is touched.
  explicit KeyIndex(uint64_t keys);

  std::optional<uint64_t> Find(uint64_t key) const;

  // The slot of `key`, a fresh one where it has none. At most `keys` may be inserted.
  uint64_t FindOrInsert(uint64_t key);

  uint64_t size() const { return size_; }

  // [size()] The key of each slot.
  std::vector<uint64_t> KeysBySlot() const;

 private:
  struct Entry {
    uint64_t key;
    uint64_t slot_plus_one;  // 0: free.
  };
  struct Free {
    void operator()(Entry* entries) const { std::free(entries); }
  };

  // Where `key` is, or the free place where it would be.
  Entry& Place(uint64_t key) const;

  uint64_t mask_;
  uint64_t size_ = 0;
  std::unique_ptr<Entry[], Free> entries_;
};

}  // namespace shoal
