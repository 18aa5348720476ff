#include "common/metrics/client_metrics.h"

namespace shoal {
namespace {

prometheus::Counter& Rows(prometheus::Registry& registry, const std::string& operation, const std::string& access) {
  return AddCounter(registry, "shoal_client_rows_total", "Rows that batches touched, by operation and access.",
                    {{"operation", operation}, {"access", access}});
}

prometheus::Counter& Bytes(prometheus::Registry& registry, const std::string& operation) {
  return AddCounter(registry, "shoal_client_bytes_total", "Bytes of row messages, by operation.",
                    {{"operation", operation}});
}

prometheus::Gauge& Tables(prometheus::Registry& registry, const std::string& access) {
  return AddGauge(registry, "shoal_client_tables", "Tables by the way this worker reaches them.", {{"access", access}});
}

}  // namespace

ClientMetrics::ClientMetrics(prometheus::Registry& registry)
    : rows_mapped(Rows(registry, "in_place", "mapped")),
      nonfinite_rows(AddCounter(registry, "shoal_client_nonfinite_rows_total",
                                "Gradients of mapped tables' rows that were dropped as not finite.")),
      rows_pulled(Rows(registry, "pull", "remote")),
      rows_pushed(Rows(registry, "push", "remote")),
      bytes_pulled(Bytes(registry, "pull")),
      bytes_pushed(Bytes(registry, "push")),
      requests(AddCounter(registry, "shoal_client_requests_total", "Row requests sent, retries included.")),
      retries(AddCounter(registry, "shoal_client_retries_total", "Row requests sent again after a timeout.")),
      request_seconds(AddLatency(registry, "shoal_client_request_seconds", "From a row request to its answer.")),
      mapped_tables(Tables(registry, "mapped")),
      remote_tables(Tables(registry, "remote")) {}

}  // namespace shoal
