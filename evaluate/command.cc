#include "evaluate/command.h"

namespace shoal {
namespace {

constexpr char kUsagePayload[] = "shoal/used-wrongly";

}  // namespace

absl::Status UsedWrongly(absl::Status status) {
  status.SetPayload(kUsagePayload, {});
  return status;
}

bool IsUsedWrongly(const absl::Status& status) { return status.GetPayload(kUsagePayload).has_value(); }

}  // namespace shoal
