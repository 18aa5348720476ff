// Serves the metrics of all roles with plausible values until its standard input ends: metrics_probe
//
// Its first line of output is the address. prometheus_test.py scrapes it with the real tools.

#include <iostream>
#include <limits>
#include <string>

#include "common/metrics/client_metrics.h"
#include "common/metrics/coordinator_metrics.h"
#include "common/metrics/metrics.h"
#include "common/metrics/server_metrics.h"
#include "common/metrics/worker_metrics.h"

int main() {
  const auto metrics = shoal::Metrics::Start(shoal::job::Metrics(), /*rank=*/0);
  prometheus::Registry& registry = metrics->registry();
  shoal::WorkerMetrics worker(registry, "words");
  worker.work.Increment(4321);
  worker.compute_seconds.Increment(1.5);
  shoal::ClientMetrics client(registry);
  shoal::LatencyCounts latency;
  latency.Add(2e-4);
  latency.Add(7e-3);
  client.request_seconds.Publish(latency);
  shoal::ServerMetrics server(registry, {"input", "output"});
  server.tables[1].push_changes.rows.Increment(99);
  server.CountRefusal("INVALID_ARGUMENT");
  shoal::CoordinatorMetrics coordinator(registry, "words");
  coordinator.HeartbeatAge("worker", 3).Set(0.25);
  coordinator.Members("worker").Set(2);
  std::cout << metrics->address() << std::endl;
  std::cin.ignore(std::numeric_limits<std::streamsize>::max());
}
