#include "worker/worker.h"

#include "common/metrics/metrics.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "worker/coordinator_link.h"
#include "worker/step_loop.h"
#include "worker/step_meter.h"

namespace shoal {
namespace {

// For the coordinator's first sign of life; mpirun starts all ranks within seconds of each other.
constexpr absl::Duration kJoinSilence = absl::Seconds(60);

absl::Status Run(Endpoint* endpoint, Clock* clock, const WorkerParts& parts) {
  ASSIGN_OR_RETURN(const wire::Welcome welcome, JoinJob(endpoint, clock, wire::WORKER, kJoinSilence));
  const auto metrics = Metrics::Start(welcome.job().metrics(), endpoint->rank());
  ASSIGN_OR_RETURN(const auto client, parts.connect(endpoint, clock, welcome));
  ASSIGN_OR_RETURN(const auto objective, parts.make_objective({.welcome = welcome, .client = *client}));

  CoordinatorLink link(endpoint, clock, welcome);
  wire::ControlMessage ready;
  ready.mutable_ready()->set_metrics_address(metrics->address());
  RETURN_IF_ERROR(link.Send(ready));
  StepMeter meter(metrics->registry(), client.get(), welcome.table_size());
  return StepLoop(&link, clock, welcome, client.get(), objective.get(), &meter).Run();
}

}  // namespace

absl::Status RunWorker(Endpoint* endpoint, Clock* clock, const WorkerParts& parts) {
  const absl::Status status = Run(endpoint, clock, parts);
  if (!status.ok() && !absl::IsAborted(status)) ReportFailure(endpoint, clock, status);
  return status;
}

}  // namespace shoal
