#include "paramserver/table_access.h"

#include "common/status.h"

namespace shoal {

absl::Status NoSuchRow(const wire::TableSpec& spec, uint64_t key) {
  return InvalidArgument("table \"", spec.name(), "\" has ", spec.rows(), " rows, there is no row ", key);
}

absl::Status CheckFloats(const wire::TableSpec& spec, uint64_t rows, uint64_t floats) {
  if (floats == rows * spec.dim()) return absl::OkStatus();
  return InvalidArgument("table \"", spec.name(), "\" has rows of ", spec.dim(), " floats: ", rows, " rows are not ",
                         floats, " floats");
}

absl::Status CheckRange(const wire::TableSpec& spec, uint64_t first, uint64_t count) {
  if (first <= spec.rows() && count <= spec.rows() - first) return absl::OkStatus();
  return InvalidArgument("table \"", spec.name(), "\" has ", spec.rows(), " rows, there are no rows ", first, " to ",
                         first + count);
}

}  // namespace shoal
