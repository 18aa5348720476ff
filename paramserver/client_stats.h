// ClientStats: what a worker's row access has done since it connected: rows, bytes, requests and how long they took.
//
// Thread rule: a value.

#pragma once

#include <cstdint>

#include "common/latency_counts.h"

namespace shoal {

struct ClientStats {
  uint64_t rows_mapped = 0;  // Keys of batches on mapped tables, each as often as it was named.
  uint64_t rows_pulled = 0;
  uint64_t rows_pushed = 0;
  uint64_t nonfinite_rows = 0;  // Of mapped tables: gradients that were dropped, as a value of theirs was not finite.
  uint64_t bytes_pulled = 0;
  uint64_t bytes_pushed = 0;
  uint64_t requests = 0;
  uint64_t retries = 0;
  LatencyCounts request_seconds;  // From a request's first sending to its answer being taken in.
};

}  // namespace shoal
