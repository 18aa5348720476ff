#include "common/status.h"
#include "worker/collective/nccl_collective.h"

namespace shoal {

bool BuildHasNccl() { return false; }

absl::StatusOr<std::unique_ptr<Collective>> MakeNcclCollective(Collective* /*bootstrap*/,
                                                               const NcclSettings& /*settings*/) {
  return FailedPrecondition(
      "this build has no NCCL, as CMake found no nvcc or no nccl.h; compute on the CPU, or install NVIDIA's CUDA "
      "toolkit with NCCL and build again");
}

}  // namespace shoal
