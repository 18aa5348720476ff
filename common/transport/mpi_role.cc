#include "common/transport/mpi_role.h"

#include <signal.h>
#include <sys/prctl.h>

#include <exception>
#include <string>

#include "common/exit_codes.h"
#include "common/log.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "common/transport/mpi_endpoint.h"

namespace shoal {

int RunMpiRole(int argc, char** argv, std::string_view name, const std::function<absl::Status(Endpoint*)>& run,
               MpiEndpoint::Threads threads) {
  // mpirun forwards them to every rank. They are for the coordinator, and would end the others.
  for (const int signal : {SIGUSR1, SIGUSR2}) ::signal(signal, SIG_IGN);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  SetLogName(std::string(name));
  try {
    const auto endpoint = MpiEndpoint::Create(&argc, &argv, Backoff::Expecting::kRows, threads);
    if (!endpoint.ok()) {
      LogError(ToStd(endpoint.status().message()));
      return kFailed;
    }
    SetLogName(Cat(name, " rank ", (*endpoint)->rank()));
    const absl::Status status = Caught([&] { return run(endpoint->get()); });
    if (status.ok()) return kDone;
    if (!absl::IsAborted(status)) LogError(ToStd(status.message()));
    (*endpoint)->Abort(IsPeerLost(status) ? kPeerLost : kFailed);
  } catch (const std::exception& error) {
    LogError(error.what());
    return kFailed;
  }
}

}  // namespace shoal
