// WorkerMetrics: what a worker's step loop measures. Meanings: docs/metrics.md.
//
// Thread rule: the references are safe from any thread; they live as long as the registry.

#pragma once

#include <string_view>

#include "common/metrics/families.h"

namespace shoal {

struct WorkerMetrics {
  // `work` is what is counted, "words" or "pictures": the family is named after it.
  WorkerMetrics(prometheus::Registry& registry, std::string_view work);

  prometheus::Counter& units;
  prometheus::Counter& steps;
  prometheus::Counter& work;
  prometheus::Counter& pairs;
  prometheus::Gauge& loss;
  prometheus::Gauge& learning_rate;

  // Where the time goes. The phases are those of wire.proto's UnitProgress.
  prometheus::Counter& sample_seconds;
  prometheus::Counter& rows_seconds;
  prometheus::Counter& compute_seconds;
  prometheus::Counter& push_seconds;
  prometheus::Counter& lease_seconds;
  prometheus::Counter& evaluate_seconds;
};

}  // namespace shoal
