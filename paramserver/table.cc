#include "paramserver/table.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "common/prefetch.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr uint32_t kMaxDim = 1 << 16;
constexpr uint64_t kBytesInitializedAtOnce = uint64_t{8} << 20;
// Rows that are on their way from memory while one is worked on: 2 are too few by a quarter, from 4 to 32 it is the
// memory's speed that counts.
constexpr size_t kRowsAhead = 8;

// Calls visit(i, rows[i]) for all rows, each fetched kRowsAhead rows before.
template <typename Visit>
void ForEachRow(const std::vector<float*>& rows, uint32_t floats, Visit visit) {
  for (size_t i = 0; i < std::min(kRowsAhead, rows.size()); ++i) PrefetchRow(rows[i], floats);
  for (size_t i = 0; i < rows.size(); ++i) {
    if (i + kRowsAhead < rows.size()) PrefetchRow(rows[i + kRowsAhead], floats);
    visit(i, rows[i]);
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<Table>> Table::Create(const wire::TableSpec& spec, const ServerPlace& place) {
  if (spec.dim() == 0 || spec.dim() > kMaxDim) {
    return InvalidArgument("table \"", spec.name(), "\" has dim ", spec.dim(), ", not in 1..", kMaxDim);
  }
  if (spec.rows() == 0) return InvalidArgument("table \"", spec.name(), "\" has no rows");
  const auto header = SegmentHeader::Of(spec, place.job_token, place.server, place.servers);
  ASSIGN_OR_RETURN(Segment segment, Segment::Create(header, spec.huge_pages(), spec.name()));
  return std::unique_ptr<Table>(new Table(spec, place, std::move(segment)));
}

Table::Table(const wire::TableSpec& spec, const ServerPlace& place, Segment segment)
    : spec_(spec),
      place_(place),
      layout_(RowLayout::Of(spec)),
      capacity_(RowsOnServer(spec.rows(), place.server, place.servers)),
      initializer_(spec.initializer()),
      optimizer_(spec),
      segment_(std::move(segment)) {
  if (spec.hashed()) keys_.emplace(capacity_);
}

bool Table::InitializeSome() {
  if (keys_.has_value()) return true;
  const uint64_t some = std::max<uint64_t>(1, kBytesInitializedAtOnce / (layout_.stride * sizeof(float)));
  const uint64_t end = std::min(capacity_, initialized_ + some);
  segment_.Touch(end);
  // Fresh shared memory is zero: rows that begin so need no writing, nor memory before their first change.
  const bool zero = spec_.initializer().kind() == wire::Initializer::ZERO;
  for (uint64_t slot = initialized_; slot < end && !zero; ++slot) {
    initializer_.Fill(slot * place_.servers + place_.server, {Row(slot), layout_.dim});
  }
  initialized_ = end;
  return initialized_ == capacity_;
}

uint64_t Table::rows() const { return keys_.has_value() ? keys_->size() : capacity_; }

wire::Segment Table::segment() const {
  wire::Segment segment;
  segment.set_table(spec_.id());
  segment.set_file_descriptor(segment_.file_descriptor());
  return segment;
}

// Rows of a hashed-key table are born by it, so that there is room for them later.
absl::Status Table::Check(const RowRequest& push) {
  RETURN_IF_ERROR(CheckForm(push));
  return Find(push.keys);
}

absl::StatusOr<Buffer> Table::Handle(const RowRequest& request) {
  RETURN_IF_ERROR(Check(request));
  switch (request.header.kind) {
    case RowKind::kPull:
      return Pull(request.header);
    case RowKind::kPushChanges:
      AddChanges(request);
      return MakeDoneAnswer(request.header);
    case RowKind::kPushGradients:
      TakeGradients(request);
      return MakeDoneAnswer(request.header);
    case RowKind::kHello:
    case RowKind::kEndTurn:
      break;
  }
  return InvalidArgument("table \"", name(), "\" takes no ", RowKindName(request.header.kind));
}

absl::Status Table::CheckForm(const RowRequest& request) const {
  if (request.header.row_floats != layout_.padded_dim) {
    return InvalidArgument("table \"", name(), "\" has rows of ", layout_.padded_dim, " floats, the request says ",
                           request.header.row_floats);
  }
  if (!std::isfinite(request.header.learning_rate)) {
    return InvalidArgument("table \"", name(), "\": the learning rate ", request.header.learning_rate,
                           " is not a finite number");
  }
  return absl::OkStatus();
}

absl::Status Table::Find(std::span<const uint64_t> keys) {
  found_.clear();
  return keys_.has_value() ? FindHashed(keys) : FindDense(keys);
}

absl::Status Table::FindDense(std::span<const uint64_t> keys) {
  for (const uint64_t key : keys) {
    const uint64_t slot = SlotOf(key, place_.servers);
    if (key >= spec_.rows() || key - slot * place_.servers != place_.server) {
      return InvalidArgument("table \"", name(), "\": key ", key, " is not on server ", place_.server, " of ",
                             place_.servers, ", which holds those below ", spec_.rows(), " that leave ", place_.server,
                             " when divided by ", place_.servers);
    }
    found_.push_back(Row(slot));
  }
  return absl::OkStatus();
}

absl::Status Table::FindHashed(std::span<const uint64_t> keys) {
  uint64_t missing = 0;  // A key named twice counts twice, as our clients name none so.
  for (const uint64_t key : keys) {
    if (ServerOfHashed(key, place_.servers) != place_.server) {
      return InvalidArgument("table \"", name(), "\": key ", key, " is not on server ", place_.server, " of ",
                             place_.servers);
    }
    missing += keys_->Find(key).has_value() ? 0 : 1;
  }
  if (missing > capacity_ - keys_->size()) {
    return ResourceExhausted("table \"", name(), "\" has ", keys_->size(), " of its ", capacity_, " rows on server ",
                             place_.server, " of ", place_.servers, " and cannot take ", missing,
                             " more keys. Give the table more rows.");
  }
  for (const uint64_t key : keys) {
    const uint64_t born = keys_->size();
    const uint64_t slot = keys_->FindOrInsert(key);
    if (slot == born) Bear(key, slot);
    found_.push_back(Row(slot));
  }
  return absl::OkStatus();
}

void Table::Bear(uint64_t key, uint64_t slot) {
  segment_.Touch(slot + 1);
  initializer_.Fill(key, {Row(slot), layout_.dim});
}

Buffer Table::Pull(const RowHeader& header) const {
  Buffer answer = MakePullAnswer(header);
  float* out = PullAnswerRows(&answer);
  const uint32_t floats = layout_.padded_dim;
  ForEachRow(found_, floats,
             [=](size_t i, const float* row) { std::memcpy(out + i * floats, row, floats * sizeof(float)); });
  return answer;
}

void Table::AddChanges(const RowRequest& request) {
  const uint32_t floats = layout_.padded_dim;
  ForEachRow(found_, floats, [&](size_t i, float* row) {
    if (!AddToRow(row, request.rows + i * floats, floats)) ++nonfinite_rows_;
  });
}

void Table::TakeGradients(const RowRequest& request) {
  ForEachRow(found_, layout_.stride, [&](size_t i, float* row) {
    const float* gradient = request.rows + i * layout_.padded_dim;
    if (!optimizer_.Apply(row, gradient, request.header.learning_rate)) ++nonfinite_rows_;
  });
}

std::string Table::layout() const {
  const std::string kind =
      spec_.has_moving_average() ? "a moving average" : job::RowOptimizer::Kind_Name(spec_.optimizer().kind());
  return Cat(spec_.hashed() ? "hashed-key" : "dense-id", " table \"", name(), "\" of ", spec_.rows(), " rows of ",
             layout_.dim, " floats, ", layout_.padded_dim, " with padding, ", layout_.stride, " with the state of ",
             kind);
}

absl::StatusOr<bool> Table::FreezeSome() {
  if (!copy_.begun()) {
    std::vector<uint64_t> keys = keys_.has_value() ? keys_->KeysBySlot() : std::vector<uint64_t>();
    RETURN_IF_ERROR(copy_.Begin(segment_.rows(), rows(), layout_.stride, place_.server,
                                keys_.has_value() ? 0 : place_.servers, std::move(keys)))
        << "table \"" << name() << "\"";
  }
  return copy_.CopySome();
}

bool Table::IsHere(uint64_t key) const {
  return (keys_.has_value() ? ServerOfHashed(key, place_.servers) : ServerOf(key, place_.servers)) == place_.server;
}

absl::Status Table::Load(std::string_view bytes) {
  ASSIGN_OR_RETURN(const TableBlock block, TableBlock::Parse(bytes, layout_.stride));
  for (uint64_t i = 0; i < block.rows; ++i) {
    const uint64_t key = block.key(i);
    if (!keys_.has_value() && key >= spec_.rows()) {
      return DataLoss("table \"", name(), "\" has ", spec_.rows(), " rows, and a block holds row ", key);
    }
    if (!IsHere(key)) continue;
    if (keys_.has_value() && keys_->size() == capacity_ && !keys_->Find(key).has_value()) {
      return ResourceExhausted("table \"", name(), "\" has room for ", capacity_, " rows on server ", place_.server,
                               " of ", place_.servers, ", and the checkpoint holds more. Give the table more rows.");
    }
    const uint64_t slot = keys_.has_value() ? keys_->FindOrInsert(key) : SlotOf(key, place_.servers);
    segment_.Touch(slot + 1);
    std::memcpy(Row(slot), block.values + i * layout_.stride, layout_.stride * sizeof(float));
  }
  return absl::OkStatus();
}

}  // namespace shoal
