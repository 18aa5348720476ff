// MpiEndpoint: the endpoint of a process that mpirun (or Slurm) started: channel = MPI tag, rank = MPI rank.
//
// Sends and receives are non-blocking MPI calls polled against the caller's deadline, since MPI's own waits have none.
// A wait that finds nothing spins for some microseconds, then sleeps: 5 processes must run well on 2 cores, and an idle
// role must cost next to nothing.
//
// Thread rule: one thread, the one that created it, makes all calls. One object a process.
// Failure: Open MPI ends the whole job when a rank dies, so no error of another rank's death is expected from here.

#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/transport/backoff.h"
#include "common/transport/endpoint.h"

namespace shoal {

class MpiEndpoint final : public Endpoint {
 public:
  // Whether other threads of the process make calls of MPI on communicators of their own.
  enum class Threads { kOne, kSeveral };

  // Ignores SIGPIPE for the process, initialises MPI and gives the job's messages a communicator of their own. All
  // ranks of the job must call it. FailedPrecondition: MPI runs in this process already.
  static absl::StatusOr<std::unique_ptr<MpiEndpoint>> Create(int* argc, char*** argv,
                                                             Backoff::Expecting expecting = Backoff::Expecting::kRows,
                                                             Threads threads = Threads::kOne);

  // Gives what is queued a few seconds to leave, then finalises MPI, which waits for the other ranks to do the same; a
  // process that waits there in vain ends itself, and mpirun ends the job.
  ~MpiEndpoint() override;

  int rank() const override;
  int size() const override;
  absl::Status Send(int to, Channel channel, Buffer payload, absl::Time deadline) override;
  absl::StatusOr<Message> Receive(Channel channel, absl::Time deadline) override;
  absl::StatusOr<Message> ReceiveAny(absl::Time deadline) override;
  absl::Status Flush(absl::Time deadline) override;
  size_t queued_bytes() const override;

  // Ends every process of the job, this one too, with exit code `code`. For a job that failed: the destructor would
  // wait for ranks that will not come.
  [[noreturn]] void Abort(int code);

 private:
  class Connection;
  explicit MpiEndpoint(std::unique_ptr<Connection> connection);
  const std::unique_ptr<Connection> connection_;
};

}  // namespace shoal
