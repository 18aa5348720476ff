// NcclCommunicator: one worker's end of an NCCL communicator, from joining it to leaving it.
//
// NCCL is asked not to block: a call returns at once, "in progress" where it is not done. Whoever made the call then
// looks until it is, here, with a deadline. The first error, deadline or Abort ends the communicator: it is aborted,
// and every call returns that error from then on. Unavailable is what another worker's end brought about; Internal is
// what NCCL or CUDA met here.
//
// Thread rule: one thread at a time; Stop is safe from any.

#pragma once

#include <nccl.h>

#include <atomic>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace shoal {

class NcclCommunicator {
 public:
  // Of worker `rank` of `size`. NCCL gets `leave_timeout` to let go.
  NcclCommunicator(int rank, int size, absl::Duration leave_timeout)
      : rank_(rank), size_(size), leave_timeout_(leave_timeout) {}
  ~NcclCommunicator() { Leave(); }
  NcclCommunicator(const NcclCommunicator&) = delete;
  NcclCommunicator& operator=(const NcclCommunicator&) = delete;

  // The communicator of all workers that were given `id`, on the thread's current GPU.
  absl::Status Join(const ncclUniqueId& id, absl::Duration timeout);

  ncclComm_t get() const { return communicator_; }
  int rank() const { return rank_; }
  int size() const { return size_; }
  // The error that ended it, or OK.
  const absl::Status& status() const { return status_; }

  // Until what NCCL's function `call` returned `result` for is on its stream. Before that, neither a next call nor an
  // event on the stream may be made.
  absl::Status Enqueued(ncclResult_t result, std::string_view call, absl::Duration timeout);

  // Until `done` says so. `what` with its article: "an all-reduce".
  absl::Status WaitUntil(const std::function<absl::StatusOr<bool>()>& done, std::string_view what,
                         absl::Duration timeout);

  // Ends the communicator, which no error has ended yet, with `error`, and returns that.
  absl::Status End(absl::Status error);

  // Ends the wait under way and all later calls with Aborted.
  void Stop() { stopped_ = true; }

  // Gives the communicator back to NCCL, after what other workers still need of this one; no call may follow. Whether
  // NCCL let go of it: if not, kernels may still run, and whatever waits for the GPU would hang.
  bool Leave();

 private:
  // Whether NCCL's function `call` is done, by its asynchronous error.
  absl::StatusOr<bool> Look(std::string_view call);
  absl::Status Error(ncclResult_t result, std::string_view call) const;
  void Abort();

  const int rank_, size_;
  const absl::Duration leave_timeout_;
  Clock& clock_ = Clock::Real();
  ncclComm_t communicator_ = nullptr;
  bool let_go_ = true;
  absl::Status status_;
  std::atomic<bool> stopped_ = false;
};

}  // namespace shoal
