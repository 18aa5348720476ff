#include "paramserver/unique_keys.h"

#include <algorithm>
#include <bit>

#include "common/random.h"

namespace shoal {

void UniqueKeys::Begin(size_t keys) {
  const size_t wanted = std::bit_ceil(std::max<size_t>(2 * keys, 2));
  if (places_.size() < wanted) {
    places_.assign(wanted, Place());
    mask_ = wanted - 1;
    batch_ = 0;
  }
  if (++batch_ == 0) {
    std::fill(places_.begin(), places_.end(), Place());
    batch_ = 1;
  }
  keys_.clear();
}

uint32_t UniqueKeys::NumberOf(uint64_t key, bool* fresh) {
  // Multiplicative hashing (Knuth, vol. 3, 6.4): keys are ids or hashes, not adversarial.
  uint64_t place = (key * kGoldenGamma >> 32) & mask_;
  while (places_[place].batch == batch_ && keys_[places_[place].number] != key) place = (place + 1) & mask_;
  *fresh = places_[place].batch != batch_;
  if (*fresh) {
    places_[place] = {batch_, static_cast<uint32_t>(keys_.size())};
    keys_.push_back(key);
  }
  return places_[place].number;
}

}  // namespace shoal
