// WriteRandomRows: rows of a table of values drawn uniformly from the unit sphere: what a queue or a memory bank begins
// with, so that the first steps have something to contrast against.
//
// Thread rule: that of the table.

#pragma once

#include <cstdint>

#include "absl/status/status.h"
#include "common/random.h"
#include "paramserver/table_access.h"

namespace shoal {

// Rows [0, rows) become the directions that `key` and the row's number draw.
absl::Status WriteRandomRows(TableAccess* table, uint64_t rows, uint64_t key);

}  // namespace shoal
