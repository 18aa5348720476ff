// RunMpiRole: main() of a role that mpirun starts, but for the coordinator, which has a command line.

#pragma once

#include <functional>
#include <string_view>

#include "absl/status/status.h"
#include "common/transport/endpoint.h"
#include "common/transport/mpi_endpoint.h"

namespace shoal {

// Connects to the job, lets `run` have the endpoint, and returns the process' exit code. Where `run` fails the whole
// job is aborted, with kPeerLost where another rank was silent; the reason is printed, but for Aborted: the coordinator
// ended the job then, and has told why. The process does not outlive its mpirun. `name` stands in the log, as "server
// rank 1" does.
int RunMpiRole(int argc, char** argv, std::string_view name, const std::function<absl::Status(Endpoint*)>& run,
               MpiEndpoint::Threads threads = MpiEndpoint::Threads::kOne);

}  // namespace shoal
