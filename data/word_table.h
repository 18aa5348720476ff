// WordTable: distinct words, numbered from 0 in the order they came. What counting and encoding spend their time in.
//
// Open addressing over 16-byte slots at most half full. A word of up to 8 bytes is its slot's key, so that most
// look-ups of running text touch one cache line and compare no strings; a longer one has its hash there and its
// letters in one arena.
//
// Words handed in must be followed by kWordPadding readable bytes: a word's tail is loaded as one 8-byte integer.
//
// Thread rule: reading from several threads is safe while nobody inserts.

#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace shoal {

inline constexpr size_t kWordPadding = 8;
// Longer words are no words of any language; they are dropped from a corpus, and counted.
inline constexpr size_t kMaxWordBytes = 255;

class WordTable {
 public:
  static constexpr uint32_t kNone = 0xffffffff;

  WordTable() { Clear(); }

  // What the table knows a word by; the longer calls below take it from a caller that asked for it before. `length` is
  // 1 to kMaxWordBytes everywhere.
  static uint64_t KeyOf(const char* word, size_t length) {
    // Of a word of up to 8 bytes, its bytes; else a hash of them.
    if (length <= 8) return Load(word) << (64 - 8 * length);
    const char* const last = word + length - 8;
    uint64_t hash = length;
    for (; word < last; word += 8) hash = Fold(hash ^ Load(word));
    return Fold(hash ^ Load(last));
  }
  // Brings the word's slot near. A table beyond the cache costs a miss a word, which several words can share.
  void Prefetch(uint64_t key) const { __builtin_prefetch(&slots_[SlotOf(key)]); }

  // The id of the word, which is added where it is not there. At most kNone words.
  uint32_t Insert(const char* word, size_t length) { return Insert(KeyOf(word, length), word, length); }
  uint32_t Insert(uint64_t key, const char* word, size_t length) {
    for (uint64_t at = SlotOf(key);; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.length == 0) return Add(at, key, word, length);
      if (Holds(slot, key, word, length)) return slot.id;
    }
  }

  // kNone where it is not there.
  uint32_t Find(const char* word, size_t length) const {
    const uint64_t key = KeyOf(word, length);
    for (uint64_t at = SlotOf(key);; at = (at + 1) & mask_) {
      const Slot& slot = slots_[at];
      if (slot.length == 0) return kNone;
      if (Holds(slot, key, word, length)) return slot.id;
    }
  }

  // For words that no padding follows.
  uint32_t InsertUnpadded(std::string_view word);
  uint32_t FindUnpadded(std::string_view word) const;

  uint32_t size() const { return static_cast<uint32_t>(ends_.size()); }
  // Followed by kWordPadding readable bytes, as long as nothing is inserted.
  std::string_view word(uint32_t id) const {
    const uint64_t begin = id == 0 ? 0 : ends_[id - 1];
    return {letters_.data() + begin, ends_[id] - begin};
  }
  // All words' bytes end to end, and where each ends.
  std::string_view letters() const { return {letters_.data(), letters_.size() - kWordPadding}; }
  const std::vector<uint64_t>& ends() const { return ends_; }

  // Removes all words, and keeps the memory.
  void Clear();

 private:
  struct Slot {
    uint64_t key;
    uint32_t id;
    uint32_t length;  // 0: empty.
  };

  // The low and the high half of a 128-bit product, folded: every bit of `x` reaches every bit of the result.
  static uint64_t Fold(uint64_t x) {
    const auto product = static_cast<unsigned __int128>(x) * 0x9e3779b97f4a7c15u;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }
  static uint64_t Load(const char* bytes) {
    uint64_t value;
    std::memcpy(&value, bytes, sizeof(value));
    return value;
  }
  uint64_t SlotOf(uint64_t key) const { return Fold(key) >> shift_; }
  bool Holds(const Slot& slot, uint64_t key, const char* word, size_t length) const {
    return slot.key == key && slot.length == length &&
           (length <= 8 || SameLetters(letters_.data() + ends_[slot.id] - length, word, length));
  }
  // Of two words longer than 8 bytes; most are shorter than 17, and a call of memcmp costs more than the two loads.
  static bool SameLetters(const char* a, const char* b, size_t length) {
    if (length > 16) return std::memcmp(a, b, length) == 0;
    return Load(a) == Load(b) && Load(a + length - 8) == Load(b + length - 8);
  }
  uint32_t Add(uint64_t at, uint64_t key, const char* word, size_t length);
  void Grow();

  std::vector<Slot> slots_;
  uint64_t mask_ = 0;
  int shift_ = 0;
  std::vector<char> letters_;  // Of all words, and kWordPadding bytes.
  std::vector<uint64_t> ends_;
};

}  // namespace shoal
