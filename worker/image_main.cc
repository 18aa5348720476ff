// shoal-image-worker: one worker of a job that trains an image encoder, started by mpirun. It is apart from
// shoal-worker so that training words loads no LibTorch. In a job it takes no arguments; the coordinator's Welcome
// tells it everything. With --facts it prints which LibTorch it runs with, as JSON, for `shoal doctor` and `shoal
// train`.

#include <cstdio>
#include <string_view>

#include "common/clock.h"
#include "common/transport/mpi_role.h"
#include "worker/collective/mpi_collective.h"
#include "worker/collective/nccl_collective.h"
#include "worker/models/libtorch.h"
#include "worker/objectives/contrastive.h"
#include "worker/worker.h"

namespace shoal {
namespace {

absl::Status RunImageWorker(Endpoint* endpoint) {
  WorkerParts parts;
  parts.make_objective = [](const ObjectiveContext& context) {
    return Contrastive::Create(context, &MakeMpiCollective);
  };
  return RunWorker(endpoint, &Clock::Real(), parts);
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "--facts") {
    std::fputs(shoal::InspectLibTorch(shoal::BuildHasNccl()).Json().c_str(), stdout);
    return 0;
  }
  return shoal::RunMpiRole(argc, argv, "worker", &shoal::RunImageWorker, shoal::MpiEndpoint::Threads::kSeveral);
}
