// ListTable: one long list of floats in a table of values (common/job/tables.h), row after row: a net's parameters, a
// worker's state.
//
// Several workers write a list together, each its slice of whole rows; who reads it reads all.
//
// Thread rule: belongs to the worker's thread. Does not own the table.

#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "paramserver/table_access.h"

namespace shoal {

class ListTable {
 public:
  // A list of `floats`, which the table must have room for.
  ListTable(TableAccess* table, uint64_t floats);

  // The list moves towards `values` [floats] by `rate`, at 1 becomes them: slice `part` of `parts` of it.
  absl::Status Write(std::span<const float> values, float rate, uint64_t part = 0, uint64_t parts = 1);

  // `values` [floats] become the list.
  absl::Status Read(std::span<float> values);

 private:
  uint64_t rows() const { return (floats_ + width_ - 1) / width_; }

  TableAccess& table_;
  const uint64_t floats_;
  const uint64_t width_;
  std::vector<uint64_t> keys_;
  std::vector<float> last_row_;  // Of the list, filled up with zeros.
};

}  // namespace shoal
