#include "paramserver/mapped_table.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "common/prefetch.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr size_t kRowsAhead = 4;

std::vector<float*> Bases(const std::vector<Segment>& segments) {
  std::vector<float*> bases;
  for (const Segment& segment : segments) bases.push_back(segment.rows());
  return bases;
}

}  // namespace

MappedTable::MappedTable(const wire::TableSpec& spec, std::vector<Segment> segments, uint64_t hot_rows,
                         ClientStats* stats)
    : TableAccess(RowLayout::Of(spec)),
      spec_(spec),
      segments_(std::move(segments)),
      servers_(segments_.size()),
      reciprocal_(std::numeric_limits<uint64_t>::max() / servers_ + 1),
      bases_(Bases(segments_)),
      optimizer_(spec),
      hot_(SharedRows(std::min<uint64_t>(hot_rows, spec.rows())), layout_.padded_dim),
      gradient_(layout_.padded_dim * sizeof(float)),
      stats_(stats) {
  std::fill_n(reinterpret_cast<float*>(gradient_.data()), layout_.padded_dim, 0.0f);
}

std::vector<float*> MappedTable::SharedRows(uint64_t count) const {
  std::vector<float*> rows(count);
  for (uint64_t key = 0; key < count; ++key) rows[key] = SharedRow(key);
  return rows;
}

absl::Status MappedTable::Request(std::span<const uint32_t> keys, Batch* batch) { return RequestKeys(keys, batch); }
absl::Status MappedTable::Request(std::span<const uint64_t> keys, Batch* batch) { return RequestKeys(keys, batch); }

template <typename Key>
absl::Status MappedTable::RequestKeys(std::span<const Key> keys, Batch* batch) {
  batch->rows.resize(keys.size());
  if (const Key largest = FindRows(keys, batch->want_gradients ? 0 : hot_.size(), batch->rows.data());
      !keys.empty() && largest >= spec_.rows()) {
    batch->rows.clear();
    return NoSuchRow(spec_, largest);
  }
  stats_->rows_mapped += keys.size();
  batch->gradients.clear();
  if (batch->want_gradients) PrepareGradients(keys, batch);
  return absl::OkStatus();
}

// Addresses of rows that there are not are never followed: the caller looks at the largest key once, not at each.
template <typename Key>
Key MappedTable::FindRows(std::span<const Key> keys, uint64_t hot_rows, float** rows) const {
  Key largest = 0;
  for (size_t i = 0; i < keys.size(); ++i) {
    largest = std::max(largest, keys[i]);
    rows[i] = keys[i] < hot_rows ? hot_.row(keys[i]) : SharedRow(static_cast<uint32_t>(keys[i]));
  }
  return largest;
}

template <typename Key>
void MappedTable::PrepareGradients(std::span<const Key> keys, Batch* batch) {
  auto* state = dynamic_cast<Gradients*>(batch->state.get());
  if (state == nullptr) {
    batch->state = std::make_unique<Gradients>();
    state = static_cast<Gradients*>(batch->state.get());
  }
  std::vector<uint32_t>& numbers = state->numbers;
  numbers.resize(keys.size());
  state->rows.clear();
  unique_.Begin(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    bool fresh;
    numbers[i] = unique_.NumberOf(keys[i], &fresh);
    if (fresh) state->rows.push_back(batch->rows[i]);
  }
  const size_t bytes = state->rows.size() * layout_.padded_dim * sizeof(float);
  state->memory.Reset(bytes);
  if (bytes > 0) std::memset(state->memory.data(), 0, bytes);
  batch->gradients.resize(keys.size());
  float* const gradients = reinterpret_cast<float*>(state->memory.data());
  for (size_t i = 0; i < keys.size(); ++i) batch->gradients[i] = gradients + size_t{numbers[i]} * layout_.padded_dim;
}

absl::Status MappedTable::Commit(Batch* batch, float learning_rate) {
  if (batch->want_gradients) return TakeGradients(dynamic_cast<Gradients*>(batch->state.get()), learning_rate);
  if (hot_.size() > 0) hot_.MergeDue();
  return absl::OkStatus();
}

absl::Status MappedTable::TakeGradients(Gradients* state, float learning_rate) {
  if (state == nullptr) return FailedPrecondition("Commit of a batch that is not requested");
  const float* gradients = reinterpret_cast<const float*>(state->memory.data());
  for (size_t i = 0; i < state->rows.size(); ++i) {
    if (i + kRowsAhead < state->rows.size()) PrefetchRow(state->rows[i + kRowsAhead], layout_.stride);
    const bool applied = optimizer_.Apply(state->rows[i], gradients + i * layout_.padded_dim, learning_rate);
    if (!applied) ++stats_->nonfinite_rows;
  }
  state->rows.clear();  // Taken once, whatever else the caller does.
  return absl::OkStatus();
}

absl::Status MappedTable::Flush() {
  hot_.Merge();
  return absl::OkStatus();
}

absl::Status MappedTable::CheckKeys(std::span<const uint64_t> keys) const {
  for (const uint64_t key : keys) {
    if (key >= spec_.rows()) return NoSuchRow(spec_, key);
  }
  return absl::OkStatus();
}

absl::Status MappedTable::PushGradients(std::span<const uint64_t> keys, std::span<const float> gradients,
                                        float learning_rate) {
  RETURN_IF_ERROR(CheckFloats(spec_, keys.size(), gradients.size()));
  RETURN_IF_ERROR(CheckKeys(keys));
  float* const gradient = reinterpret_cast<float*>(gradient_.data());
  for (size_t i = 0; i < keys.size(); ++i) {
    std::copy_n(gradients.data() + i * layout_.dim, layout_.dim, gradient);
    if (!optimizer_.Apply(SharedRow(keys[i]), gradient, learning_rate)) ++stats_->nonfinite_rows;
  }
  stats_->rows_mapped += keys.size();
  return absl::OkStatus();
}

absl::Status MappedTable::Read(uint64_t first, uint64_t count, std::span<float> out) {
  RETURN_IF_ERROR(CheckRange(spec_, first, count));
  RETURN_IF_ERROR(CheckFloats(spec_, count, out.size()));
  hot_.Merge();
  for (uint64_t i = 0; i < count; ++i) std::copy_n(SharedRow(first + i), layout_.dim, out.data() + i * layout_.dim);
  return absl::OkStatus();
}

absl::Status MappedTable::Read(std::span<const uint64_t> keys, std::span<float> out) {
  RETURN_IF_ERROR(CheckFloats(spec_, keys.size(), out.size()));
  RETURN_IF_ERROR(CheckKeys(keys));
  hot_.Merge();
  for (size_t i = 0; i < keys.size(); ++i) std::copy_n(SharedRow(keys[i]), layout_.dim, out.data() + i * layout_.dim);
  return absl::OkStatus();
}

}  // namespace shoal
