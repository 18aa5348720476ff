// SparseMatrix: rows of (column, value), kept in blocks of rows as they were made, and its products with dense ones.
//
// Blocks instead of one array, because threads finish them out of order and joining them would double the memory.
//
// Thread rule: immutable once filled; products start threads of their own and join them.

#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"

namespace shoal {

// Row-major: one sparse entry adds a whole row to another.
using DenseMatrix = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

// Rows [first_row, first_row + ends.size()); row i's entries are [ends[i - 1], ends[i]).
struct SparseRows {
  uint64_t first_row = 0;
  std::vector<uint64_t> ends;
  std::vector<uint32_t> columns;
  std::vector<float> values;
};

struct SparseMatrix {
  uint64_t rows = 0;
  uint64_t columns = 0;
  std::vector<SparseRows> blocks;  // They cover the rows; a row stands in one block.

  uint64_t entries() const;

  // this * `x` [columns, k]: [rows, k]. Threads share the blocks.
  absl::StatusOr<DenseMatrix> Times(const DenseMatrix& x, uint32_t threads) const;

  // this^T * `x` [rows, k]: [columns, k]. Threads share the k columns, so that none adds to another's numbers, and the
  // sums do not depend on the number of threads.
  absl::StatusOr<DenseMatrix> TransposedTimes(const DenseMatrix& x, uint32_t threads) const;
};

}  // namespace shoal
