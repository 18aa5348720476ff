// Collective: what the workers of a job do together in step: sums, gathers, broadcasts of floats.
//
// All workers make the same calls in the same order, with spans of the same size. A call returns when its result is
// there, or with an error after which the collective is of no more use: the job ends then, and starts again from its
// last checkpoint. Results have the same bits on every worker, and the same bits each time for the same number of
// workers: STRICT determinism rests on it.
//
// Whether a peer is alive is the coordinator's business, by heartbeats: a worker may compute for a minute while others
// wait here. Abort is how its word ends a wait; the deadline is for when that never comes.
//
// Thread rule: one thread makes the calls, which need not be the worker's own; Abort is safe from any.
// Implementations: Alone (here), MpiCollective, NcclCollective, InProcessCollective (tests).

#pragma once

#include <memory>
#include <span>

#include "absl/status/status.h"

namespace shoal {

class Collective {
 public:
  virtual ~Collective() = default;

  // Of this worker among the workers, and how many there are.
  virtual int rank() const = 0;
  virtual int size() const = 0;

  // Each value becomes the sum of all workers' values.
  virtual absl::Status AllReduce(std::span<float> values) = 0;

  // The same, in the background: `values` are the collective's until Wait. Progress is made in calls of this class.
  virtual absl::Status StartAllReduce(std::span<float> values) = 0;
  // Until all that was started is done.
  virtual absl::Status Wait() = 0;

  // `all` [size, mine] gets every worker's values, by rank.
  virtual absl::Status AllGather(std::span<const float> mine, std::span<float> all) = 0;

  // `values` become those of worker `root`.
  virtual absl::Status Broadcast(std::span<float> values, int root) = 0;

  // Until every worker is here.
  virtual absl::Status Barrier() = 0;

  // Ends the call under way and all later ones with Aborted.
  virtual void Abort() = 0;
};

// Of a lone worker.
std::unique_ptr<Collective> MakeCollectiveOfOne();

}  // namespace shoal
