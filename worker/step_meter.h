// StepMeter: adds up a worker's steps between two reports, and shows them as reports and as metrics.
//
// Thread rule: belongs to the worker's thread. Does not own the client.

#pragma once

#include <string_view>

#include "common/metrics/client_metrics.h"
#include "common/metrics/worker_metrics.h"
#include "paramserver/client.h"
#include "prometheus/registry.h"
#include "proto/wire.pb.h"
#include "worker/objective.h"

namespace shoal {

class StepMeter {
 public:
  // `client` reaches `tables` tables; what it asks of servers is shown too. `work` is what the job counts: WorkName of
  // common/job/derived.h.
  StepMeter(prometheus::Registry& registry, ParameterClient* client, int tables, std::string_view work);

  void AddStep(const StepReport& step);
  void AddLeaseWait(double seconds) { lease_seconds_ += seconds; }

  // What was added since the last report, as a report on lease `lease`; and brings the metrics up to date.
  wire::UnitProgress Report(uint64_t lease, bool done);

 private:
  void ShowSteps(bool done);
  void ShowClient();

  ParameterClient& client_;
  WorkerMetrics worker_metrics_;
  ClientMetrics client_metrics_;
  StepReport sum_;  // Its learning rate is the latest, its embeddings' figures are sums.
  uint64_t steps_ = 0;
  double lease_seconds_ = 0;
};

}  // namespace shoal
