// CoordinatorMetrics: how far the job is, and who takes part in it. Meanings: docs/metrics.md.
//
// Thread rule: the references are safe from any thread; they live as long as the registry.

#pragma once

#include <string>
#include <string_view>

#include "common/metrics/families.h"

namespace shoal {

struct CoordinatorMetrics {
  // `work` is what is counted, "words" or "pictures": the families are named after it.
  CoordinatorMetrics(prometheus::Registry& registry, std::string_view work);

  // Units of the whole plan, by state.
  prometheus::Gauge& waiting_units;
  prometheus::Gauge& leased_units;
  prometheus::Gauge& done_units;

  prometheus::Counter& work;
  prometheus::Counter& pairs;
  prometheus::Gauge& work_per_second;
  prometheus::Gauge& loss;
  prometheus::Gauge& learning_rate;
  prometheus::Gauge& epoch;     // From 1.
  prometheus::Gauge& progress;  // 0 to 1.
  prometheus::Gauge& eta_seconds;
  // Of an image encoder: of its embeddings over the last interval, and of the last measurement.
  prometheus::Gauge& alignment;
  prometheus::Gauge& uniformity;
  prometheus::Gauge& spread;
  prometheus::Gauge& knn_accuracy;        // 0 to 1.
  prometheus::Counter& refused_messages;  // That do not parse, or report on a lease that the sender does not hold.

  prometheus::Counter& nonfinite_reports;  // Of a loss that is infinite or no number.
  prometheus::Counter& checkpoints_written;
  prometheus::Counter& checkpoints_failed;
  // Of the last one that was written.
  prometheus::Gauge& checkpoint_bytes;
  prometheus::Gauge& checkpoint_pause_seconds;  // Of the workers.
  prometheus::Gauge& checkpoint_seconds;        // From the pause to the manifest.
  prometheus::Gauge& checkpoint_time;           // When its manifest was in place, in seconds since 1970.

  // Of one member, a server or worker. Look it up once.
  prometheus::Gauge& HeartbeatAge(const std::string& role, int rank);
  // Members of `role` that have joined.
  prometheus::Gauge& Members(const std::string& role);

 private:
  prometheus::Registry& registry_;
};

}  // namespace shoal
