#include "worker/collective/nccl_communicator.h"

#include <chrono>
#include <future>
#include <memory>
#include <thread>
#include <utility>

#include "common/status.h"
#include "common/transport/backoff.h"

namespace shoal {
namespace {

// What the user may do about NCCL's `result`.
std::string_view CureOf(ncclResult_t result) {
  switch (result) {
    case ncclRemoteError:
      return "Another worker went away; its own last line says why";
    case ncclSystemError:
      return "Check that the workers' hosts reach each other (NCCL_SOCKET_IFNAME names the network that NCCL takes), "
             "and that /dev/shm has room; NCCL_DEBUG=INFO tells more";
    case ncclUnhandledCudaError:
      return "Check the GPU with nvidia-smi, its memory and its driver; NCCL_DEBUG=INFO tells more";
    default:
      return "NCCL_DEBUG=INFO tells more";
  }
}

}  // namespace

absl::Status NcclCommunicator::Error(ncclResult_t result, std::string_view call) const {
  const std::string message = Cat("worker ", rank_, " of ", size_, ": ", call, ": ", ncclGetErrorString(result), ": ",
                                  ncclGetLastError(communicator_), ". ", CureOf(result));
  return result == ncclRemoteError ? Unavailable(message) : Internal(message);
}

absl::Status NcclCommunicator::Join(const ncclUniqueId& id, absl::Duration timeout) {
  ncclConfig_t config = NCCL_CONFIG_INITIALIZER;
  config.blocking = 0;
  const ncclResult_t result = ncclCommInitRankConfig(&communicator_, size_, id, rank_, &config);
  let_go_ = communicator_ == nullptr;
  return Enqueued(result, "ncclCommInitRankConfig", timeout);
}

absl::Status NcclCommunicator::Enqueued(ncclResult_t result, std::string_view call, absl::Duration timeout) {
  if (result == ncclSuccess) return absl::OkStatus();
  if (result != ncclInProgress) return End(Error(result, call));
  return WaitUntil([&] { return Look(call); }, call, timeout);
}

absl::StatusOr<bool> NcclCommunicator::Look(std::string_view call) {
  ncclResult_t state = ncclSuccess;
  const ncclResult_t result = ncclCommGetAsyncError(communicator_, &state);
  if (result != ncclSuccess) return Error(result, "ncclCommGetAsyncError");
  if (state != ncclSuccess && state != ncclInProgress) return Error(state, call);
  return state == ncclSuccess;
}

absl::Status NcclCommunicator::WaitUntil(const std::function<absl::StatusOr<bool>()>& done, std::string_view what,
                                         absl::Duration timeout) {
  RETURN_IF_ERROR(status_);
  const absl::Time start = clock_.Now();
  Backoff backoff;
  for (absl::Time last = start;;) {
    if (stopped_) return End(Aborted("the worker was told to stop in the middle of ", what));
    // The error first: kernels that it ended look done.
    if (const absl::StatusOr<bool> looked = Look(what); !looked.ok()) return End(looked.status());
    const absl::StatusOr<bool> looked = done();
    if (!looked.ok()) return End(looked.status());
    if (*looked) return absl::OkStatus();
    const absl::Time now = clock_.Now();
    if (now - start > timeout) {
      return End(DeadlineExceeded("worker ", rank_, " waited ", absl::FormatDuration(timeout), " in ", what,
                                  " for the other ", size_ - 1, " workers; their last lines say where they are"));
    }
    backoff.Waited(now - last);
    last = now;
    Backoff::Pause(backoff.NextPause(timeout, Backoff::Watching::kReceive));
  }
}

absl::Status NcclCommunicator::End(absl::Status error) {
  status_ = std::move(error);
  // At once: the caller frees its memory after an error, and other workers learn by it that this one is gone.
  Abort();
  return status_;
}

bool NcclCommunicator::Leave() {
  if (communicator_ == nullptr) return let_go_;
  // Not by ncclCommAbort where all is well: the last sum may be done here while its data are still on their way to
  // others.
  if (!Enqueued(ncclCommFinalize(communicator_), "ncclCommFinalize", leave_timeout_).ok()) return let_go_;
  let_go_ = ncclCommDestroy(communicator_) == ncclSuccess;
  communicator_ = nullptr;
  return let_go_;
}

// ncclCommAbort waits for the GPU and for other workers of the host, and may do so without end. A thread of its own
// then stays with it.
void NcclCommunicator::Abort() {
  if (communicator_ == nullptr) return;
  auto returned = std::make_shared<std::promise<void>>();
  const std::future<void> return_of_it = returned->get_future();
  std::thread([communicator = communicator_, returned] {
    ncclCommAbort(communicator);
    returned->set_value();
  }).detach();
  let_go_ = return_of_it.wait_for(absl::ToChronoNanoseconds(leave_timeout_)) == std::future_status::ready;
  communicator_ = nullptr;
}

}  // namespace shoal
