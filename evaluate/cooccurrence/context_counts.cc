#include "evaluate/cooccurrence/context_counts.h"

#include <algorithm>

namespace shoal {
namespace {

// Calls met(context, weight) for all contexts of the word at `position`.
template <typename Met>
void ForEachContext(std::span<const uint32_t> sentence, size_t position, const ContextWindow& window, Met met) {
  const size_t begin = position - std::min<size_t>(position, window.reach);
  const size_t end = std::min(sentence.size(), position + window.reach + 1);
  for (size_t i = begin; i < position; ++i) met(sentence[i], window.WeightAt(position - i));
  for (size_t i = position + 1; i < end; ++i) met(sentence[i], window.WeightAt(i - position));
}

// The counters of a block's rows. A row with fewer contexts than the vocabulary has words lists them as they come,
// (context << 32 | weight); another has a counter for each word.
class BlockCounters {
 public:
  BlockCounters(uint64_t first, std::span<const uint64_t> cells, uint64_t words)
      : first_(first), words_(words), begins_(cells.size() + 1), used_(cells.size()), sums_(words) {
    for (size_t i = 0; i < cells.size(); ++i) begins_[i + 1] = begins_[i] + cells[i];
    cells_.resize(begins_.back());
  }

  bool Holds(uint64_t word) const { return word - first_ < used_.size(); }

  void Add(uint64_t word, uint32_t context, uint32_t weight) {
    const uint64_t row = word - first_;
    uint64_t* const cells = &cells_[begins_[row]];
    if (IsDense(row)) {
      cells[context] += weight;
    } else {
      cells[used_[row]++] = uint64_t{context} << 32 | weight;
    }
  }

  // Hands out the row's sums; valid until the next call.
  void Sum(uint64_t word, std::vector<uint32_t>* contexts, std::vector<uint64_t>* counts) {
    const uint64_t row = word - first_;
    contexts->clear();
    counts->clear();
    const std::span<const uint64_t> cells(cells_.data() + begins_[row], begins_[row + 1] - begins_[row]);
    if (IsDense(row)) {
      for (uint64_t context = 0; context < words_; ++context) {
        if (cells[context] > 0) contexts->push_back(context), counts->push_back(cells[context]);
      }
      return;
    }
    for (const uint64_t cell : cells.first(used_[row])) {
      const uint32_t context = cell >> 32;
      if (sums_[context] == 0) contexts->push_back(context);
      sums_[context] += cell & 0xffffffff;
    }
    std::sort(contexts->begin(), contexts->end());
    for (const uint32_t context : *contexts) counts->push_back(std::exchange(sums_[context], 0));
  }

 private:
  bool IsDense(uint64_t row) const { return begins_[row + 1] - begins_[row] == words_; }

  const uint64_t first_, words_;
  std::vector<uint64_t> begins_;  // [rows + 1] places of the rows in cells_.
  std::vector<uint64_t> used_;    // [rows] contexts listed.
  std::vector<uint64_t> cells_;
  std::vector<uint64_t> sums_;  // [words], zero between rows.
};

}  // namespace

ContextCounts::ContextCounts(const TokenFile& tokens, ContextWindow window)
    : tokens_(tokens), window_(window), contexts_(tokens.words()), weights_(tokens.words()) {
  // Of the nearest n contexts to one side.
  std::vector<uint64_t> weight_of(window.reach + 1);
  for (uint32_t n = 1; n <= window.reach; ++n) weight_of[n] = weight_of[n - 1] + window.WeightAt(n);
  for (uint64_t s = 0; s < tokens.sentences(); ++s) {
    const auto sentence = tokens.sentence(s);
    for (size_t i = 0; i < sentence.size(); ++i) {
      const size_t left = std::min<size_t>(i, window.reach);
      const size_t right = std::min<size_t>(sentence.size() - 1 - i, window.reach);
      contexts_[sentence[i]] += left + right;
      weights_[sentence[i]] += weight_of[left] + weight_of[right];
    }
  }
}

std::vector<ContextCounts::Block> ContextCounts::Blocks(uint64_t bytes) const {
  std::vector<Block> blocks;
  uint64_t cells = 0;
  for (uint64_t word = 0; word < words(); ++word) {
    cells += CellsOf(word);
    if (blocks.empty() || cells * sizeof(uint64_t) > bytes) {
      blocks.push_back({word, word});
      cells = CellsOf(word);
    }
    blocks.back().end = word + 1;
  }
  return blocks;
}

void ContextCounts::CountRows(const Block& block, const Row& row) const {
  std::vector<uint64_t> cells;
  for (uint64_t word = block.first; word < block.end; ++word) cells.push_back(CellsOf(word));
  BlockCounters counters(block.first, cells, words());
  for (uint64_t s = 0; s < tokens_.sentences(); ++s) {
    const auto sentence = tokens_.sentence(s);
    for (size_t i = 0; i < sentence.size(); ++i) {
      if (!counters.Holds(sentence[i])) continue;
      ForEachContext(sentence, i, window_,
                     [&](uint32_t context, uint32_t weight) { counters.Add(sentence[i], context, weight); });
    }
  }
  std::vector<uint32_t> contexts;
  std::vector<uint64_t> counts;
  for (uint64_t word = block.first; word < block.end; ++word) {
    counters.Sum(word, &contexts, &counts);
    row(word, contexts, counts);
  }
}

}  // namespace shoal
