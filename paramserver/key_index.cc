#include "paramserver/key_index.h"

#include <bit>
#include <new>

#include "common/random.h"

namespace shoal {

KeyIndex::KeyIndex(uint64_t keys) : mask_(std::bit_ceil(2 * keys + 2) - 1) {
  // calloc takes large blocks from the kernel, which zeroes a page when it is first touched.
  entries_.reset(static_cast<Entry*>(std::calloc(mask_ + 1, sizeof(Entry))));
  if (entries_ == nullptr) throw std::bad_alloc();  // Caught in main: there is no going on without memory.
}

KeyIndex::Entry& KeyIndex::Place(uint64_t key) const {
  // Servers are chosen by the low end of MixBits(key) (row_layout.h); its rotation is independent enough of that.
  uint64_t place = std::rotl(MixBits(key), 32) & mask_;
  while (entries_[place].slot_plus_one != 0 && entries_[place].key != key) place = (place + 1) & mask_;
  return entries_[place];
}

std::optional<uint64_t> KeyIndex::Find(uint64_t key) const {
  const Entry& entry = Place(key);
  if (entry.slot_plus_one == 0) return std::nullopt;
  return entry.slot_plus_one - 1;
}

uint64_t KeyIndex::FindOrInsert(uint64_t key) {
  Entry& entry = Place(key);
  if (entry.slot_plus_one == 0) entry = {key, ++size_};
  return entry.slot_plus_one - 1;
}

std::vector<uint64_t> KeyIndex::KeysBySlot() const {
  std::vector<uint64_t> keys(size_);
  for (uint64_t place = 0; place <= mask_; ++place) {
    const Entry& entry = entries_[place];
    if (entry.slot_plus_one != 0) keys[entry.slot_plus_one - 1] = entry.key;
  }
  return keys;
}

}  // namespace shoal
