// Objective: what a worker trains: one step on a batch, what to report, what to export.
//
// The step loop (step_loop.h) takes leases from the coordinator and calls, for each: Begin, then Step until it says
// that the unit is done. An objective keeps its own batch in flight across steps where that hides latency, but between
// the last Step of a unit and the next Begin all its changes are on their way to the servers.
//
// Thread rule: one thread calls it, the worker's.
// Implementations: objectives/*.cc, each with one line in registry.cc (docs/adding_an_objective.md).

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "paramserver/client.h"
#include "proto/wire.pb.h"

namespace shoal {

// What one step did. Added up by the step loop between two reports.
struct StepReport {
  bool unit_done = false;
  uint64_t work = 0;  // In the source's measure: corpus words passed.
  uint64_t pairs = 0;
  // Over a sample of the pairs: an unbiased estimate of the mean loss per pair is loss_sum / loss_pairs.
  double loss_sum = 0;
  uint64_t loss_pairs = 0;
  double learning_rate = 0;
  // Seconds.
  double sample_seconds = 0, rows_seconds = 0, compute_seconds = 0, push_seconds = 0, evaluate_seconds = 0;
  // Of image encoders.
  std::optional<wire::EmbeddingFigures> embeddings;
  std::optional<wire::KnnFigure> knn;
};

class Objective {
 public:
  virtual ~Objective() = default;

  // A lease that will begin after all that were foretold before it: what it needs may be made ready.
  virtual void Foretell(const wire::Lease&) {}

  // A new lease; the last one has ended. FailedPrecondition: the lease does not fit the data.
  virtual absl::Status Begin(const wire::Lease& lease) = 0;

  // Trains one batch of the lease: a few milliseconds, so that the worker stays able to answer. One whose batches take
  // longer trains them in a thread of its own, and returns now and then in between.
  virtual absl::StatusOr<StepReport> Step() = 0;

  // Puts what this worker alone holds into its tables, for a checkpoint: a life that goes on from it begins with them.
  // Between two units; of workers that train together, on the leader.
  virtual absl::Status Save() { return absl::OkStatus(); }

  // The last call: the job is over, by `outcome`. What is under way in threads of its own is told to end, and gets a
  // second for it. False: it goes on, with what this object holds, which must be left as it is until the process ends.
  virtual bool End(const absl::Status& /*outcome*/) { return true; }

  // Writes what users take away into `directory`, each file by a temporary name and a rename. Returns the paths.
  virtual absl::StatusOr<std::vector<std::string>> Export(const std::string& directory) = 0;
};

// What an objective is made of. Both outlive it.
struct ObjectiveContext {
  const wire::Welcome& welcome;
  ParameterClient& client;
};

// By welcome.job().objective(). InvalidArgument names the kinds there are.
absl::StatusOr<std::unique_ptr<Objective>> MakeObjective(const ObjectiveContext& context);

}  // namespace shoal
