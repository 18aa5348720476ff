#include "common/metrics/latency_histogram.h"

#include <vector>

namespace shoal {

void LatencyHistogram::Publish(const LatencyCounts& counts) {
  std::vector<double> more(counts.counts().size());
  for (size_t i = 0; i < more.size(); ++i) {
    more[i] = static_cast<double>(counts.counts()[i] - published_.counts()[i]);
  }
  histogram_.ObserveMultiple(more, counts.sum_seconds() - published_.sum_seconds());
  published_ = counts;
}

}  // namespace shoal
