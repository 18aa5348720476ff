#include "worker/worker.h"

#include "common/job/derived.h"
#include "common/metrics/metrics.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "common/transport/coordinator_link.h"
#include "worker/step_loop.h"
#include "worker/step_meter.h"

namespace shoal {
namespace {

absl::Status Run(Endpoint* endpoint, Clock* clock, const WorkerParts& parts) {
  ASSIGN_OR_RETURN(const wire::Welcome welcome, JoinJob(endpoint, clock, wire::WORKER, kJoinPatience));
  const auto metrics = Metrics::Start(welcome.job().metrics(), endpoint->rank());
  ASSIGN_OR_RETURN(const auto client, parts.connect(endpoint, clock, welcome));
  ASSIGN_OR_RETURN(const auto objective, parts.make_objective({.welcome = welcome, .client = *client}));

  CoordinatorLink link(endpoint, clock, wire::WORKER, welcome);
  wire::ControlMessage ready;
  ready.mutable_ready()->set_metrics_address(metrics->address());
  RETURN_IF_ERROR(link.Send(ready));
  StepMeter meter(metrics->registry(), client.get(), welcome.table_size(), WorkName(welcome.job()));
  return StepLoop(&link, clock, welcome, client.get(), objective.get(), &meter).Run();
}

}  // namespace

absl::Status RunWorker(Endpoint* endpoint, Clock* clock, const WorkerParts& parts) {
  const absl::Status status = Run(endpoint, clock, parts);
  if (!status.ok() && !absl::IsAborted(status)) ReportFailure(endpoint, clock, status);
  return status;
}

}  // namespace shoal
