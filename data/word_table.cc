#include "data/word_table.h"

#include <bit>

namespace shoal {
namespace {

constexpr size_t kFirstSlots = 1024;

}  // namespace

void WordTable::Clear() {
  if (slots_.empty()) {
    slots_.resize(kFirstSlots);
    mask_ = kFirstSlots - 1;
    shift_ = 64 - std::countr_zero(kFirstSlots);
  } else {
    std::memset(slots_.data(), 0, slots_.size() * sizeof(Slot));
  }
  ends_.clear();
  letters_.assign(kWordPadding, 0);
}

uint32_t WordTable::Add(uint64_t at, uint64_t key, const char* word, size_t length) {
  const uint32_t id = size();
  slots_[at] = {key, id, static_cast<uint32_t>(length)};
  letters_.resize(letters_.size() - kWordPadding);
  letters_.insert(letters_.end(), word, word + length);
  ends_.push_back(letters_.size());
  letters_.resize(letters_.size() + kWordPadding);
  if (2 * ends_.size() > slots_.size()) Grow();
  return id;
}

void WordTable::Grow() {
  std::vector<Slot> old(2 * slots_.size());
  old.swap(slots_);
  mask_ = slots_.size() - 1;
  --shift_;
  for (const Slot& slot : old) {
    if (slot.length == 0) continue;
    uint64_t at = SlotOf(slot.key);
    while (slots_[at & mask_].length != 0) ++at;
    slots_[at & mask_] = slot;
  }
}

uint32_t WordTable::InsertUnpadded(std::string_view word) {
  char padded[kMaxWordBytes + kWordPadding] = {};
  std::memcpy(padded, word.data(), word.size());
  return Insert(padded, word.size());
}

uint32_t WordTable::FindUnpadded(std::string_view word) const {
  if (word.empty() || word.size() > kMaxWordBytes) return kNone;
  char padded[kMaxWordBytes + kWordPadding] = {};
  std::memcpy(padded, word.data(), word.size());
  return Find(padded, word.size());
}

}  // namespace shoal
