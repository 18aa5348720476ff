#include "common/status.h"

#include <cstring>

namespace shoal {

absl::Status ErrnoError(int error, std::string what) { return absl::ErrnoToStatus(error, what); }

absl::Status StatusContext::Build() const {
  const std::string context = context_.str();
  if (context.empty()) return status_;
  return absl::Status(status_.code(), Cat(context, ": ", ForAbsl(ToStd(status_.message()))));
}

}  // namespace shoal
