#include "common/status.h"

#include <cstring>

namespace shoal {

absl::Status ErrnoError(int error, std::string what) { return absl::ErrnoToStatus(error, what); }

absl::Status StatusContext::Build() const {
  if (context_ == nullptr || status_.ok()) return status_;
  absl::Status status(status_.code(), Cat(context_->str(), ": ", status_.message()));
  status_.ForEachPayload([&](absl::string_view url, const absl::Cord& payload) { status.SetPayload(url, payload); });
  return status;
}

}  // namespace shoal
