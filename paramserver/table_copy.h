// TableCopy: the rows of one table on one server as they were at one moment, and their way into a shard file and out of
// it (docs/formats/checkpoint.md).
//
// Thread rule: belongs to its table's thread until it is whole; then Save may run in another.

#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/checkpoint/shard_file.h"

namespace shoal {

// What stands in a block, after its head: keys where they follow no rule, then rows.
struct TableBlock {
  uint64_t first_key = 0;
  uint64_t key_step = 0;  // From row to row; 0: each row's key is in `keys`.
  std::span<const uint64_t> keys;
  uint64_t rows = 0;
  const float* values = nullptr;  // [rows, stride]

  uint64_t key(uint64_t row) const { return key_step == 0 ? keys[row] : first_key + row * key_step; }

  // DataLoss: `block` is not one of rows of `stride` floats. The result points into `block`, which is aligned to 8.
  static absl::StatusOr<TableBlock> Parse(std::string_view block, uint32_t stride);
};

class TableCopy {
 public:
  // Begins a copy of rows [rows, stride] with keys first_key, first_key + key_step, ...; or, where key_step is 0, with
  // `keys`. The rows stay where they are until the copy is whole. Memory of an earlier copy is used again.
  absl::Status Begin(const float* from, uint64_t rows, uint32_t stride, uint64_t first_key, uint64_t key_step,
                     std::vector<uint64_t> keys);
  // Copies some milliseconds' worth; true when all is.
  bool CopySome();
  bool begun() const { return begun_; }

  absl::Status Save(ShardWriter* writer) const;

  ~TableCopy();
  TableCopy() = default;
  TableCopy(const TableCopy&) = delete;
  TableCopy& operator=(const TableCopy&) = delete;

 private:
  bool begun_ = false;
  const float* from_ = nullptr;
  uint64_t rows_ = 0;
  uint32_t stride_ = 0;
  uint64_t first_key_ = 0, key_step_ = 0;
  std::vector<uint64_t> keys_;
  uint64_t copied_ = 0;  // Bytes.
  char* memory_ = nullptr;
  uint64_t memory_bytes_ = 0;
};

}  // namespace shoal
