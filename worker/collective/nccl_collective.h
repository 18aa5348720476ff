// NcclCollective: the collective of workers that compute on GPUs, over NCCL.
//
// Spans are floats in the memory of this worker's GPU. Calls go to a stream of their own, in the order in which they
// are made and after all that `producer` had been given before them; so sums of gradients run beside the rest of a
// backward pass. A wait polls, and ends by its deadline, by Abort, or by an error that NCCL reports behind the calls;
// NCCL's communicator is aborted then, so that no kernel writes into the caller's memory after a call has failed.
//
// NCCL's sums have the same bits on all workers, and each time for the same workers on the same kind of machine.
//
// In a build without NCCL (CMake says which it is) MakeNcclCollective returns FailedPrecondition and nothing else.
//
// Thread rule: as Collective's.
// Source: the NCCL user guide, "Fault Tolerance" and "Creating a communicator".

#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "worker/collective/collective.h"

namespace shoal {

// Whether MakeNcclCollective can do more than say that this build has no NCCL.
bool BuildHasNccl();

struct NcclSettings {
  int device = 0;                                  // This worker's GPU, by CUDA's number.
  void* producer = nullptr;                        // The cudaStream_t that computes values; null: the default stream.
  absl::Duration timeout = absl::Minutes(30);      // Of a call.
  absl::Duration join_timeout = absl::Minutes(2);  // Of joining the communicator, which all begin at the same time.
  absl::Duration leave_timeout =
      absl::Seconds(10);  // Of leaving it; what NCCL has not let go of by then is left as is.
};

// Of the workers of `bootstrap`, over which they tell each other of their GPUs and NCCL's id; all of them must call it.
// It is used until the call returns. An error is told to all workers, and each of them names the worker that met it.
// FailedPrecondition: a worker has no GPU, or shares one with another.
absl::StatusOr<std::unique_ptr<Collective>> MakeNcclCollective(Collective* bootstrap, const NcclSettings& settings);

}  // namespace shoal
