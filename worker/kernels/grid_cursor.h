// GridCursor: goes over the places of a batch of grids, each of `rows` x `columns`, in their order in memory, without
// the divisions that finding each by its number would take.
//
// Included by back ends only; force-inlined.

#pragma once

#include <cstdint>

#include "worker/kernels/lanes.h"

namespace shoal {

struct GridCursor {
  const int64_t rows, columns;
  int64_t row = 0, column = 0;  // Within the grid.
  int64_t line = 0;             // The row, counted through all grids.

  SHOAL_INLINE GridCursor(int64_t rows, int64_t columns) : rows(rows), columns(columns) {}
  SHOAL_INLINE void Next() {
    if (++column < columns) return;
    column = 0;
    ++line;
    if (++row == rows) row = 0;
  }
};

}  // namespace shoal
