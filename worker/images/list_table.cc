#include "worker/images/list_table.h"

#include <algorithm>
#include <numeric>

#include "common/status.h"

namespace shoal {

ListTable::ListTable(TableAccess* table, uint64_t floats)
    : table_(*table), floats_(floats), width_(table->layout().dim), last_row_(width_) {}

absl::Status ListTable::Write(std::span<const float> values, float rate, uint64_t part, uint64_t parts) {
  const uint64_t begin = rows() * part / parts, end = rows() * (part + 1) / parts;
  const uint64_t whole_rows = floats_ / width_, whole_end = std::min(end, whole_rows);
  if (begin < whole_end) {
    keys_.resize(whole_end - begin);
    std::iota(keys_.begin(), keys_.end(), begin);
    RETURN_IF_ERROR(table_.PushGradients(keys_, values.subspan(begin * width_, (whole_end - begin) * width_), rate));
  }
  if (end == rows() && begin < end && floats_ % width_ != 0) {
    const std::span<const float> rest = values.subspan(whole_rows * width_, floats_ % width_);
    std::copy(rest.begin(), rest.end(), last_row_.begin());
    RETURN_IF_ERROR(table_.PushGradients(std::span(&whole_rows, 1), last_row_, rate));
  }
  return absl::OkStatus();
}

absl::Status ListTable::Read(std::span<float> values) {
  const uint64_t whole_rows = floats_ / width_;
  RETURN_IF_ERROR(table_.Read(0, whole_rows, values.first(whole_rows * width_)));
  if (floats_ % width_ == 0) return absl::OkStatus();
  RETURN_IF_ERROR(table_.Read(whole_rows, 1, last_row_));
  std::copy_n(last_row_.begin(), floats_ % width_, values.begin() + whole_rows * width_);
  std::fill(last_row_.begin() + floats_ % width_, last_row_.end(), 0.0f);
  return absl::OkStatus();
}

}  // namespace shoal
