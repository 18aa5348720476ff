#include "common/metrics/families.h"

#include "common/latency_counts.h"

namespace shoal {

prometheus::Counter& AddCounter(prometheus::Registry& registry, const std::string& name, const std::string& help,
                                const prometheus::Labels& labels) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add(labels);
}

prometheus::Gauge& AddGauge(prometheus::Registry& registry, const std::string& name, const std::string& help,
                            const prometheus::Labels& labels) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add(labels);
}

prometheus::Histogram& AddLatency(prometheus::Registry& registry, const std::string& name, const std::string& help,
                                  const prometheus::Labels& labels) {
  const prometheus::Histogram::BucketBoundaries bounds(LatencyCounts::kBounds.begin(), LatencyCounts::kBounds.end());
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add(labels, bounds);
}

void RaiseTo(prometheus::Counter& counter, double total) {
  const double more = total - counter.Value();
  if (more > 0) counter.Increment(more);
}

}  // namespace shoal
