#include "worker/collective/gpu_place.h"

#include <map>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr char kSeparator = '\n';
constexpr size_t kMostTold = 3;

// "worker 2: REASON; worker 3: REASON".
std::string TroublesOf(const std::vector<GpuPlace>& places) {
  std::vector<std::string> troubles;
  for (size_t rank = 0; rank < places.size(); ++rank) {
    if (places[rank].trouble.empty()) continue;
    troubles.push_back(Cat("worker ", rank, " on host ", places[rank].host_name, ": ", places[rank].trouble));
  }
  return FirstOf(troubles);
}

}  // namespace

std::string FirstOf(const std::vector<std::string>& troubles) {
  if (troubles.size() <= kMostTold) return absl::StrJoin(troubles, "; ");
  return Cat(absl::StrJoin(troubles.begin(), troubles.begin() + kMostTold, "; "), " and ", troubles.size() - kMostTold,
             " more");
}

std::string GpuPlace::ToText() const {
  // The trouble stands last, as it may have lines of its own.
  return Cat(host_id, "\n", host_name, "\n", bus_id, "\n", trouble);
}

absl::StatusOr<GpuPlace> GpuPlace::FromText(std::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(ForAbsl(text), absl::MaxSplits(kSeparator, 3));
  if (parts.size() != 4) return Internal("a worker told of its GPU in ", parts.size(), " lines, not 4: ", text);
  return GpuPlace{parts[0], parts[1], parts[2], parts[3]};
}

absl::Status CheckPlaces(const std::vector<GpuPlace>& places) {
  if (const std::string troubles = TroublesOf(places); !troubles.empty()) {
    return FailedPrecondition("not all of ", places.size(), " workers can use their GPU: ", troubles);
  }
  std::map<std::pair<std::string, std::string>, std::vector<size_t>> workers_of;  // A GPU of a host.
  std::map<std::string, size_t> workers_on;                                       // A host.
  for (size_t rank = 0; rank < places.size(); ++rank) {
    workers_of[{places[rank].host_id, places[rank].bus_id}].push_back(rank);
    ++workers_on[places[rank].host_id];
  }
  for (const auto& [gpu, workers] : workers_of) {
    if (workers.size() == 1) continue;
    return FailedPrecondition("workers ", absl::StrJoin(workers, ", "), " are on one GPU, ", gpu.second, " of host ",
                              places[workers[0]].host_name, ", but NCCL takes one worker for each. ",
                              workers_on[gpu.first],
                              " workers are on this host: start at most as many there as it has GPUs, and let each see "
                              "all of them (CUDA_VISIBLE_DEVICES unset, or the same for all)");
  }
  return absl::OkStatus();
}

}  // namespace shoal
