#include "evaluate/cooccurrence/sparse_matrix.h"

#include <algorithm>
#include <atomic>

#include "common/status.h"
#include "data/parallel.h"

namespace shoal {
namespace {

// Calls entry(row, column, value) for all entries of `block`.
template <typename Entry>
void ForEachEntry(const SparseRows& block, Entry entry) {
  uint64_t i = 0;
  for (uint64_t row = 0; row < block.ends.size(); ++row) {
    for (; i < block.ends[row]; ++i) entry(block.first_row + row, block.columns[i], block.values[i]);
  }
}

}  // namespace

uint64_t SparseMatrix::entries() const {
  uint64_t sum = 0;
  for (const SparseRows& block : blocks) sum += block.values.size();
  return sum;
}

absl::StatusOr<DenseMatrix> SparseMatrix::Times(const DenseMatrix& x, uint32_t threads) const {
  DenseMatrix product = DenseMatrix::Zero(rows, x.cols());
  std::atomic<size_t> next = 0;
  const absl::Status status = RunOnThreads(threads, [&] {
    for (size_t b = next++; b < blocks.size(); b = next++) {
      ForEachEntry(blocks[b], [&](uint64_t row, uint32_t column, float value) {
        product.row(row).noalias() += value * x.row(column);
      });
    }
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(status);
  return product;
}

absl::StatusOr<DenseMatrix> SparseMatrix::TransposedTimes(const DenseMatrix& x, uint32_t threads) const {
  DenseMatrix product = DenseMatrix::Zero(columns, x.cols());
  const int64_t width = x.cols(), slice = (width + threads - 1) / threads;
  std::atomic<int64_t> next = 0;
  const absl::Status status = RunOnThreads(threads, [&] {
    for (int64_t begin = next.fetch_add(slice); begin < width; begin = next.fetch_add(slice)) {
      const int64_t size = std::min(slice, width - begin);
      for (const SparseRows& block : blocks) {
        ForEachEntry(block, [&](uint64_t row, uint32_t column, float value) {
          product.row(column).segment(begin, size).noalias() += value * x.row(row).segment(begin, size);
        });
      }
    }
    return absl::OkStatus();
  });
  RETURN_IF_ERROR(status);
  return product;
}

}  // namespace shoal
