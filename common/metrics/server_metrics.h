// ServerMetrics: what a parameter server does and holds. Meanings: docs/metrics.md.
//
// Thread rule: the references are safe from any thread; they live as long as the registry.

#pragma once

#include <string>
#include <vector>

#include "common/metrics/families.h"
#include "common/metrics/latency_histogram.h"

namespace shoal {

struct ServerMetrics {
  // `tables` by id, which is the table's place in the vector of that name.
  ServerMetrics(prometheus::Registry& registry, const std::vector<std::string>& tables);

  // Requests of one kind for one table.
  struct Operation {
    prometheus::Counter& requests;
    prometheus::Counter& rows;
  };
  struct Table {
    Operation pull;
    Operation push_changes;
    Operation push_gradients;
    prometheus::Gauge& rows;
    prometheus::Gauge& bytes;
    prometheus::Counter& nonfinite_rows;
  };
  std::vector<Table> tables;

  prometheus::Counter& handshakes;
  prometheus::Counter& turns;
  prometheus::Counter& received_bytes;
  prometheus::Counter& sent_bytes;
  LatencyHistogram handling_seconds;
  // Answers that clients have not taken yet.
  prometheus::Gauge& queued_bytes;
  prometheus::Counter& replayed_pushes;

  // A request was refused; `code` as absl::StatusCodeToString gives it. Looks its counter up: not for the common path.
  void CountRefusal(const std::string& code);

 private:
  prometheus::Registry& registry_;
};

}  // namespace shoal
