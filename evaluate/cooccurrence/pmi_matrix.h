// The matrix of positive pointwise mutual information of words and contexts.
//
//   PPMI(w, c) = max(0, log(P(w, c) / (P(w) P(c))) - log(shift)),  P(c) ~ #(c)^power
//
// Thread rule: safe from any thread; starts threads of its own and joins them.
// Source: Levy, Goldberg and Dagan 2015, equations 1 to 3 ("context distribution smoothing", "shifted PMI").

#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "evaluate/cooccurrence/context_counts.h"
#include "evaluate/cooccurrence/sparse_matrix.h"

namespace shoal {

struct PmiOptions {
  double context_power = 0.75;
  double shift = 1;
  uint64_t max_entries = 400'000'000;
  // Of counters a thread.
  uint64_t counter_bytes = uint64_t{256} << 20;
  uint32_t threads = 1;
};

// [words, words], entries above 0 only. ResourceExhausted: more than max_entries. `progress` is told the fraction of
// the rows done, 0 to 1, by one thread at a time.
absl::StatusOr<SparseMatrix> ComputePmiMatrix(const ContextCounts& counts, const PmiOptions& options,
                                              const std::function<void(double)>& progress);

}  // namespace shoal
