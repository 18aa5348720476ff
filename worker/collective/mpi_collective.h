// MpiCollective: the collective of CPU workers, over MPI.
//
// The workers have a communicator of their own, so that a lost server or coordinator hangs nobody here. Calls are MPI's
// non-blocking ones, polled against a deadline and Abort. MPI must have been initialised for several threads
// (MpiEndpoint::Threads::kSeveral), as the thread that computes makes the calls while the worker's own keeps in touch
// with the coordinator.
//
// Thread rule: as Collective's.

#pragma once

#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "worker/collective/collective.h"

namespace shoal {

// Of the workers with these ranks of the job, of which this process is one; all of them must call it.
// FailedPrecondition: MPI was initialised for one thread.
absl::StatusOr<std::unique_ptr<Collective>> MakeMpiCollective(const std::vector<int>& ranks, absl::Duration timeout);

}  // namespace shoal
