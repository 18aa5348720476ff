// shoal-worker: one worker of a job, started by mpirun. Takes no arguments; the coordinator's Welcome tells it
// everything.

#include "common/clock.h"
#include "common/transport/mpi_role.h"
#include "worker/worker.h"

int main(int argc, char** argv) {
  return shoal::RunMpiRole(argc, argv, "worker",
                           [](shoal::Endpoint* endpoint) { return shoal::RunWorker(endpoint, &shoal::Clock::Real()); });
}
