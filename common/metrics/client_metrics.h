// ClientMetrics: what a worker asks of its parameter servers. Meanings: docs/metrics.md.
//
// Thread rule: the references are safe from any thread; they live as long as the registry.

#pragma once

#include "common/metrics/families.h"
#include "common/metrics/latency_histogram.h"

namespace shoal {

struct ClientMetrics {
  explicit ClientMetrics(prometheus::Registry& registry);

  // Rows that a batch touched in the server's memory, and those that crossed the network; equal keys of one remote
  // batch are one row.
  prometheus::Counter& rows_mapped;
  prometheus::Counter& nonfinite_rows;
  prometheus::Counter& rows_pulled;
  prometheus::Counter& rows_pushed;
  prometheus::Counter& bytes_pulled;
  prometheus::Counter& bytes_pushed;
  prometheus::Counter& requests;
  prometheus::Counter& retries;
  LatencyHistogram request_seconds;
  // By access, "mapped" or "remote": how many tables the worker reaches so.
  prometheus::Gauge& mapped_tables;
  prometheus::Gauge& remote_tables;
};

}  // namespace shoal
