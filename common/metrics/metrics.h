// Metrics: one process's metrics and the HTTP server that Prometheus scrapes them from, at /metrics.
//
// What is measured: worker_metrics.h, client_metrics.h, server_metrics.h, coordinator_metrics.h, and of every process
// its build, processor time and memory. docs/metrics.md lists all of it.
//
// Thread rule: Start and the destructor by one thread; the rest is safe from any. Owns its registry: whoever holds
// metrics of it ends before it does.

#pragma once

#include <memory>
#include <string>

#include "prometheus/registry.h"
#include "proto/job.pb.h"

namespace shoal {

class Metrics {
 public:
  // Serves on `settings.bind_address`, at port + rank, or at any free port where the port is 0. Metrics never end a
  // job: where the port is taken or does not exist, a warning says so, and address() is empty. So it is too where they
  // are not enabled.
  static std::unique_ptr<Metrics> Start(const job::Metrics& settings, int rank);

  // Serves nothing: for tests.
  static std::unique_ptr<Metrics> WithoutServer();

  virtual ~Metrics() = default;

  // "127.0.0.1:41623"; the host's name in place of a bind address that means all interfaces.
  virtual const std::string& address() const = 0;

  virtual prometheus::Registry& registry() = 0;

  // What a scrape is answered: Prometheus' text format 0.0.4.
  virtual std::string Text() const = 0;
};

}  // namespace shoal
