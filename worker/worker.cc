#include "worker/worker.h"

#include <memory>

#include "common/job/derived.h"
#include "common/log.h"
#include "common/metrics/metrics.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "common/transport/coordinator_link.h"
#include "worker/step_loop.h"
#include "worker/step_meter.h"

namespace shoal {
namespace {

// What a worker holds to its end.
struct Held {
  wire::Welcome welcome;
  std::unique_ptr<Metrics> metrics;
  std::unique_ptr<ParameterClient> client;
  std::unique_ptr<Objective> objective;
};

absl::Status Run(Endpoint* endpoint, Clock* clock, const WorkerParts& parts, Held* held) {
  ASSIGN_OR_RETURN(held->welcome, JoinJob(endpoint, clock, wire::WORKER, kJoinPatience));
  const wire::Welcome& welcome = held->welcome;
  held->metrics = Metrics::Start(welcome.job().metrics(), endpoint->rank());
  ASSIGN_OR_RETURN(held->client, parts.connect(endpoint, clock, welcome));
  ASSIGN_OR_RETURN(held->objective, parts.make_objective({.welcome = welcome, .client = *held->client}));

  CoordinatorLink link(endpoint, clock, wire::WORKER, welcome);
  wire::ControlMessage ready;
  ready.mutable_ready()->set_metrics_address(held->metrics->address());
  RETURN_IF_ERROR(link.Send(ready));
  StepMeter meter(held->metrics->registry(), held->client.get(), welcome.table_size(), WorkName(welcome.job()));
  return StepLoop(&link, clock, welcome, held->client.get(), held->objective.get(), &meter).Run();
}

}  // namespace

absl::Status RunWorker(Endpoint* endpoint, Clock* clock, const WorkerParts& parts) {
  Held held;
  absl::Status status = Caught([&] { return Run(endpoint, clock, parts, &held); });
  // First of all: a step under way may keep the objective for as long as it likes.
  if (!status.ok() && !absl::IsAborted(status)) ReportFailure(endpoint, clock, status);
  if (held.objective != nullptr && !held.objective->End(status)) {
    LogWarning("a step is still being computed; the process ends without it");
    static_cast<void>(held.objective.release());
    // Whoever gets an error ends the process, as nothing else would end that step.
    if (status.ok()) status = Internal("the job was over in the middle of a step");
  }
  return status;
}

}  // namespace shoal
