#include "common/metrics/server_metrics.h"

namespace shoal {
namespace {

ServerMetrics::Operation MakeOperation(prometheus::Registry& registry, const std::string& table,
                                       const std::string& kind) {
  const prometheus::Labels labels = {{"table", table}, {"kind", kind}};
  return {
      AddCounter(registry, "shoal_server_requests_total", "Requests carried out, by table and kind.", labels),
      AddCounter(registry, "shoal_server_rows_total", "Rows read or changed by requests, by table and kind.", labels)};
}

ServerMetrics::Table MakeTable(prometheus::Registry& registry, const std::string& name) {
  return {MakeOperation(registry, name, "pull"),
          MakeOperation(registry, name, "push_changes"),
          MakeOperation(registry, name, "push_gradients"),
          AddGauge(registry, "shoal_server_table_rows", "Rows that this server holds of a table.", {{"table", name}}),
          AddGauge(registry, "shoal_server_table_bytes", "Memory of a table's rows on this server.", {{"table", name}}),
          AddCounter(registry, "shoal_server_nonfinite_rows_total",
                     "Pushed rows that were dropped for a value that is not finite.", {{"table", name}})};
}

}  // namespace

ServerMetrics::ServerMetrics(prometheus::Registry& registry, const std::vector<std::string>& names)
    : handshakes(AddCounter(registry, "shoal_server_handshakes_total", "Sessions that clients opened.")),
      turns(AddCounter(registry, "shoal_server_turns_total", "Turns that ended, in strict determinism.")),
      received_bytes(AddCounter(registry, "shoal_server_received_bytes_total", "Bytes of row requests.")),
      sent_bytes(AddCounter(registry, "shoal_server_sent_bytes_total", "Bytes of answers to row requests.")),
      handling_seconds(AddLatency(registry, "shoal_server_handling_seconds",
                                  "From a row request's arrival at the event loop to its answer's sending.")),
      queued_bytes(AddGauge(registry, "shoal_server_queued_bytes", "Bytes of answers that clients have not taken.")),
      replayed_pushes(AddCounter(registry, "shoal_server_replayed_pushes_total",
                                 "Pushes that came again and were answered without being applied again.")),
      registry_(registry) {
  for (const std::string& name : names) tables.push_back(MakeTable(registry, name));
}

void ServerMetrics::CountRefusal(const std::string& code) {
  AddCounter(registry_, "shoal_server_refused_requests_total", "Requests refused, by the error's code.",
             {{"code", code}})
      .Increment();
}

}  // namespace shoal
