// Bytes between workers over a Collective, which carries floats: each byte as one float, so that it arrives exactly.
// For the few hundred bytes that workers tell each other before they compute.
//
// Thread rule: as Collective's. All workers make the same calls with the same limits.

#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/collective/collective.h"

namespace shoal {

// Every worker's `own`, by rank; what is longer than `most` bytes is cut there.
absl::StatusOr<std::vector<std::string>> GatherBytes(Collective* workers, std::string_view own, size_t most);

// Worker `root`'s `bytes`, cut likewise; those of the others are not looked at.
absl::StatusOr<std::string> BroadcastBytes(Collective* workers, std::string_view bytes, size_t most, int root);

}  // namespace shoal
