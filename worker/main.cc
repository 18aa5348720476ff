// shoal-worker: one worker of a job, started by mpirun. Takes no arguments; the coordinator's Welcome tells it
// everything.

#include <signal.h>
#include <sys/prctl.h>

#include <exception>

#include "common/log.h"
#include "common/status.h"
#include "common/transport/mpi_endpoint.h"
#include "worker/worker.h"

namespace {

int Main(int argc, char** argv) {
  auto endpoint = shoal::MpiEndpoint::Create(&argc, &argv);
  if (!endpoint.ok()) {
    shoal::LogError(shoal::ToStd(endpoint.status().message()));
    return 1;
  }
  shoal::SetLogName(shoal::Cat("worker rank ", (*endpoint)->rank()));
  const absl::Status status = shoal::RunWorker(endpoint->get(), &shoal::Clock::Real());
  if (status.ok()) return 0;
  // Aborted: the coordinator ended the job, and has told why.
  if (!absl::IsAborted(status)) shoal::LogError(shoal::ToStd(status.message()));
  (*endpoint)->Abort(1);
}

}  // namespace

int main(int argc, char** argv) {
  // No role outlives its mpirun, however that ends.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    return Main(argc, argv);
  } catch (const std::exception& error) {
    shoal::LogError("worker: ", error.what());
    return 1;
  }
}
