// The worker: joins the job, reaches the servers' tables, makes its objective, and trains until it is told to stop.
//
// Thread rule: one thread, the endpoint's.

#pragma once

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/transport/endpoint.h"
#include "paramserver/client.h"
#include "worker/objective.h"

namespace shoal {

// What a worker is made of; tests put in their own.
struct WorkerParts {
  using Connect =
      std::function<absl::StatusOr<std::unique_ptr<ParameterClient>>(Endpoint*, Clock*, const wire::Welcome&)>;
  using Make = std::function<absl::StatusOr<std::unique_ptr<Objective>>(const ObjectiveContext&)>;

  Connect connect = &ParameterClient::Connect;
  Make make_objective = &MakeObjective;
};

// Runs one worker to its end. OK: the coordinator stopped the job, which is done. Aborted: it stopped the job for the
// reason given. DeadlineExceeded: the coordinator, or a server, fell silent, and is named. Its own failures it also
// reports to the coordinator.
absl::Status RunWorker(Endpoint* endpoint, Clock* clock, const WorkerParts& parts = {});

}  // namespace shoal
