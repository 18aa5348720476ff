#include "evaluate/cooccurrence/pmi_matrix.h"

#include <atomic>
#include <cmath>
#include <mutex>

#include "common/status.h"
#include "data/parallel.h"

namespace shoal {
namespace {

// Logarithms of what stands below the fraction.
struct Marginals {
  std::vector<double> log_word;     // log #(w) + log(shift)
  std::vector<double> log_context;  // log P(c)
};

Marginals ComputeMarginals(std::span<const uint64_t> weights, const PmiOptions& options) {
  double total = 0;
  for (const uint64_t weight : weights) total += std::pow(static_cast<double>(weight), options.context_power);
  Marginals marginals;
  for (const uint64_t weight : weights) {
    const double log_weight = std::log(static_cast<double>(weight));
    marginals.log_word.push_back(log_weight + std::log(options.shift));
    marginals.log_context.push_back(options.context_power * log_weight - std::log(total));
  }
  return marginals;
}

SparseRows PmiRows(const ContextCounts& counts, const ContextCounts::Block& block, const Marginals& marginals) {
  SparseRows rows{.first_row = block.first};
  counts.CountRows(block, [&](uint64_t word, std::span<const uint32_t> contexts, std::span<const uint64_t> weights) {
    for (size_t i = 0; i < contexts.size(); ++i) {
      const double pmi =
          std::log(static_cast<double>(weights[i])) - marginals.log_word[word] - marginals.log_context[contexts[i]];
      if (pmi <= 0) continue;
      rows.columns.push_back(contexts[i]);
      rows.values.push_back(static_cast<float>(pmi));
    }
    rows.ends.push_back(rows.values.size());
  });
  rows.columns.shrink_to_fit();
  rows.values.shrink_to_fit();
  return rows;
}

}  // namespace

absl::StatusOr<SparseMatrix> ComputePmiMatrix(const ContextCounts& counts, const PmiOptions& options,
                                              const std::function<void(double)>& progress) {
  const Marginals marginals = ComputeMarginals(counts.weights(), options);
  const auto blocks = counts.Blocks(options.counter_bytes);
  SparseMatrix matrix{.rows = counts.words(), .columns = counts.words()};
  matrix.blocks.resize(blocks.size());
  std::atomic<size_t> next = 0;
  std::mutex mutex;  // Guards what follows.
  uint64_t entries = 0, rows_done = 0;
  const absl::Status status = RunOnThreads(options.threads, [&]() -> absl::Status {
    for (size_t b = next++; b < blocks.size(); b = next++) {
      matrix.blocks[b] = PmiRows(counts, blocks[b], marginals);
      const std::lock_guard lock(mutex);
      entries += matrix.blocks[b].values.size();
      rows_done += blocks[b].end - blocks[b].first;
      if (entries > options.max_entries) {
        next = blocks.size();
        return ResourceExhausted("the matrix has more than ", options.max_entries, " entries after ", rows_done, " of ",
                                 counts.words(),
                                 " words; raise objective.cooccurrence.max_entries (8 bytes each) or "
                                 "data.corpus.min_count, or lower data.corpus.max_words or the window");
      }
      progress(static_cast<double>(rows_done) / counts.words());
    }
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(status);
  return matrix;
}

}  // namespace shoal
