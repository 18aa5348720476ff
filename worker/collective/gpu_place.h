// GpuPlace: which GPU a worker computes on, as workers tell each other before they join NCCL's communicator; so that
// two on one GPU are told in words, where NCCL would refuse them without saying who, or hang.
//
// Thread rule: values; functions are pure.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shoal {

struct GpuPlace {
  std::string host_id;    // Tells hosts apart, also those of one name.
  std::string host_name;  // For people.
  std::string bus_id;     // Of the GPU on its host: "0000:3b:00.0".
  std::string trouble;    // Why the worker cannot use its GPU; empty: it can.

  std::string ToText() const;
  static absl::StatusOr<GpuPlace> FromText(std::string_view text);
};

// The first few, "A; B; C and 5 more": of four thousand workers without a GPU nobody wants all.
std::string FirstOf(const std::vector<std::string>& troubles);

// FailedPrecondition names the workers that cannot use their GPU and why, or those that share one, and the cure.
// `places` are by rank.
absl::Status CheckPlaces(const std::vector<GpuPlace>& places);

}  // namespace shoal
