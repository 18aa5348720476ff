#include "data/type_counter.h"

#include <algorithm>
#include <utility>

#include "data/token_file_format.h"

namespace shoal {

TypeCounter::TypeCounter(uint64_t max_types) : max_types_(std::min(max_types, kMaxVocabularyWords)) {}

void TypeCounter::Add(const ChunkDictionary& dictionary) {
  dictionary.ForEach(types_, [&](size_t type, const char* word, size_t length) {
    // One more than fits may come: at a full table the next word may still be one that is there.
    if (counts_.size() > max_types_) Prune();
    const uint32_t id = types_.Insert(word, length);
    if (id == counts_.size()) counts_.push_back(0);
    counts_[id] += dictionary.counts[type];
  });
}

void TypeCounter::Prune() {
  const size_t removed = std::max<size_t>(1, counts_.size() / 4);
  std::vector<uint64_t> sorted = counts_;
  std::nth_element(sorted.begin(), sorted.begin() + removed - 1, sorted.end());
  const uint64_t threshold = sorted[removed - 1];
  size_t ties = removed - std::count_if(counts_.begin(), counts_.end(), [&](uint64_t n) { return n < threshold; });
  WordTable kept;
  std::vector<uint64_t> kept_counts;
  for (uint32_t id = 0; id < types_.size(); ++id) {
    // Of words of the same count the oldest go: they had most time to come again.
    if (counts_[id] < threshold || (counts_[id] == threshold && ties > 0 && ties-- > 0)) continue;
    kept.Insert(types_.word(id).data(), types_.word(id).size());
    kept_counts.push_back(counts_[id]);
  }
  types_pruned_ += removed;
  highest_pruned_ = std::max(highest_pruned_, threshold);
  types_ = std::move(kept);
  counts_ = std::move(kept_counts);
}

void TypeCounter::BeginRecount() { std::fill(counts_.begin(), counts_.end(), 0); }

void TypeCounter::Recount(const ChunkDictionary& dictionary) {
  dictionary.ForEach(types_, [&](size_t type, const char* word, size_t length) {
    const uint32_t id = types_.Find(word, length);
    if (id != WordTable::kNone) counts_[id] += dictionary.counts[type];
  });
}

}  // namespace shoal
