// Makers of metrics: a family of one name and help text, and in it the child with `labels`.
//
// Names follow Prometheus' conventions: shoal_<role>_<what>_<unit>, base units (seconds, bytes), _total for counters.
// Labels are of a bounded set (a table, a phase, a rank), never a key. Every name has its line in docs/metrics.md.
// Look a child up once and hold the reference: a look-up costs a microsecond and a lock, an increment 30 ns. Children
// live as long as their registry. Asking again for the same name and labels gives the same child.
//
// Thread rule: safe from any thread.

#pragma once

#include <string>

#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/labels.h"
#include "prometheus/registry.h"

namespace shoal {

prometheus::Counter& AddCounter(prometheus::Registry& registry, const std::string& name, const std::string& help,
                                const prometheus::Labels& labels = {});

prometheus::Gauge& AddGauge(prometheus::Registry& registry, const std::string& name, const std::string& help,
                            const prometheus::Labels& labels = {});

// With the bounds of LatencyCounts.
prometheus::Histogram& AddLatency(prometheus::Registry& registry, const std::string& name, const std::string& help,
                                  const prometheus::Labels& labels = {});

// Raises `counter` to `total`, a sum that its owner keeps; nothing where it is there already.
void RaiseTo(prometheus::Counter& counter, double total);

}  // namespace shoal
