// ProcessMetrics: processor time, memory and start of this process, read from /proc when they are asked for.
//
// The names are those that Prometheus' own client libraries use for the same.
//
// Thread rule: safe from any thread.

#pragma once

#include <vector>

#include "prometheus/collectable.h"
#include "prometheus/metric_family.h"

namespace shoal {

class ProcessMetrics final : public prometheus::Collectable {
 public:
  // Without what /proc does not tell.
  std::vector<prometheus::MetricFamily> Collect() const override;
};

}  // namespace shoal
