// LatencyHistogram: publishes what a LatencyCounts has counted as a Prometheus histogram.
//
// Thread rule: belongs to the thread that publishes; scrapes may run meanwhile.

#pragma once

#include "common/latency_counts.h"
#include "prometheus/histogram.h"

namespace shoal {

class LatencyHistogram {
 public:
  // `histogram` is made by AddLatency, and is fed by this object only.
  explicit LatencyHistogram(prometheus::Histogram& histogram) : histogram_(histogram) {}

  // Brings the histogram up to `counts`, which never go down.
  void Publish(const LatencyCounts& counts);

 private:
  prometheus::Histogram& histogram_;
  LatencyCounts published_;
};

}  // namespace shoal
