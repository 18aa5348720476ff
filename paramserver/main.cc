// shoal-paramserver: one parameter server of a job, started by mpirun. Takes no arguments; the coordinator's Welcome
// tells it everything.

#include "common/platform.h"
#include "common/transport/mpi_role.h"
#include "paramserver/server.h"

int main(int argc, char** argv) {
  return shoal::RunMpiRole(argc, argv, "server", [](shoal::Endpoint* endpoint) {
    return shoal::RunServer(endpoint, shoal::Platform::Real());
  });
}
