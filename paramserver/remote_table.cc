#include "paramserver/remote_table.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "common/status.h"

namespace shoal {
namespace {

constexpr uint64_t kReadBytes = uint64_t{8} << 20;
constexpr uint32_t kNoCall = std::numeric_limits<uint32_t>::max();

uint32_t RowsPerMessage(uint32_t row_floats) {
  const uint64_t rows = RemoteTable::kMessageBytes / (row_floats * sizeof(float));
  return static_cast<uint32_t>(std::clamp<uint64_t>(rows, 1, kMaxRowsPerMessage));
}

}  // namespace

RemoteTable::RemoteTable(const wire::TableSpec& spec, RowExchange* exchange)
    : TableAccess(RowLayout::Of(spec)),
      spec_(spec),
      exchange_(exchange),
      rows_per_message_(RowsPerMessage(layout_.padded_dim)),
      open_(std::make_shared<const int>(0)),
      filling_(exchange->servers()) {}

absl::Status RemoteTable::Request(std::span<const uint32_t> keys, Batch* batch) { return RequestKeys(keys, batch); }
absl::Status RemoteTable::Request(std::span<const uint64_t> keys, Batch* batch) { return RequestKeys(keys, batch); }

template <typename Key>
absl::Status RemoteTable::RequestKeys(std::span<const Key> keys, Batch* batch) {
  auto* state = dynamic_cast<State*>(batch->state.get());
  if (state == nullptr) {
    batch->state = std::make_unique<State>();
    state = static_cast<State*>(batch->state.get());
  }
  state->open.reset();
  if (open_.use_count() > kMaxBatchesInFlight) {
    return FailedPrecondition("table \"", spec_.name(), "\" has ", kMaxBatchesInFlight,
                              " batches open; commit one before the next is requested");
  }
  state->gradients = batch->want_gradients;
  state->awaited = false;
  RETURN_IF_ERROR(MakeCalls(keys, state));
  RETURN_IF_ERROR(StartPulls(*state));
  state->open = open_;
  return absl::OkStatus();
}

template <typename Key>
absl::Status RemoteTable::MakeCalls(std::span<const Key> keys, State* state) {
  state->calls.clear();
  state->places.clear();
  state->numbers.resize(keys.size());
  std::fill(filling_.begin(), filling_.end(), kNoCall);
  unique_.Begin(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!spec_.hashed() && keys[i] >= spec_.rows()) {
      return NoSuchRow(spec_, keys[i]);
    }
    bool fresh;
    state->numbers[i] = unique_.NumberOf(keys[i], &fresh);
    if (fresh) state->places.push_back(PlaceKey(keys[i], state));
  }
  return absl::OkStatus();
}

absl::Status RemoteTable::StartPulls(const State& state) {
  for (const auto& call : state.calls) {
    RETURN_IF_ERROR(exchange_->Start(call));
  }
  return absl::OkStatus();
}

RemoteTable::Place RemoteTable::PlaceKey(uint64_t key, State* state) {
  const uint32_t servers = exchange_->servers();
  const uint32_t server = spec_.hashed() ? ServerOfHashed(key, servers) : ServerOf(key, servers);
  uint32_t& call = filling_[server];
  if (call == kNoCall || state->calls[call]->keys.size() == rows_per_message_) call = OpenCall(server, state);
  auto& call_keys = state->calls[call]->keys;
  call_keys.push_back(key);
  return {call, static_cast<uint32_t>(call_keys.size() - 1)};
}

uint32_t RemoteTable::OpenCall(uint32_t server, State* state) {
  auto call = TakeCall();
  call->server = server;
  call->header = RowHeader();
  call->header.kind = RowKind::kPull;
  call->header.table = spec_.id();
  call->header.row_floats = layout_.padded_dim;
  call->keys.clear();
  state->calls.push_back(std::move(call));
  return static_cast<uint32_t>(state->calls.size() - 1);
}

absl::Status RemoteTable::Await(Batch* batch) {
  auto* state = dynamic_cast<State*>(batch->state.get());
  if (state == nullptr || state->open == nullptr) return FailedPrecondition("Await of a batch that is not requested");
  for (const auto& call : state->calls) {
    RETURN_IF_ERROR(exchange_->Wait(call.get()));
    state->gradients ? PrepareGradients(call.get()) : PrepareChanges(call.get());
  }
  batch->rows.resize(state->numbers.size());
  batch->gradients.resize(state->gradients ? state->numbers.size() : 0);
  for (size_t i = 0; i < state->numbers.size(); ++i) {
    const Place place = state->places[state->numbers[i]];
    RowCall& call = *state->calls[place.call];
    float* after = reinterpret_cast<float*>(call.after_memory.data()) + place.row * layout_.padded_dim;
    if (state->gradients) {
      batch->rows[i] = PullAnswerRows(&call.answer) + place.row * layout_.padded_dim;
      batch->gradients[i] = after;
    } else {
      batch->rows[i] = after;
    }
  }
  state->awaited = true;
  return absl::OkStatus();
}

float* RemoteTable::MakeRows(RowCall* call) const {
  call->after_memory.Reset(call->keys.size() * layout_.padded_dim * sizeof(float));
  return reinterpret_cast<float*>(call->after_memory.data());
}

void RemoteTable::PrepareChanges(RowCall* call) const {
  float* const rows = MakeRows(call);
  std::memcpy(rows, PullAnswerRows(&call->answer), call->keys.size() * layout_.padded_dim * sizeof(float));
}

void RemoteTable::PrepareGradients(RowCall* call) const {
  float* const rows = MakeRows(call);
  std::fill_n(rows, call->keys.size() * layout_.padded_dim, 0.0f);
}

absl::Status RemoteTable::Commit(Batch* batch, float learning_rate) {
  auto* state = dynamic_cast<State*>(batch->state.get());
  if (state == nullptr || !state->awaited) return FailedPrecondition("Commit of a batch that is not awaited");
  state->awaited = false;
  state->open.reset();
  RETURN_IF_ERROR(WaitForPushes(kMaxBatchesInFlight - 1));
  for (const auto& call : state->calls) {
    RETURN_IF_ERROR(StartPush(*state, call, learning_rate));
  }
  pushes_.push_back(std::move(state->calls));
  state->calls.clear();
  return absl::OkStatus();
}

absl::Status RemoteTable::StartPush(const State& state, const std::shared_ptr<RowCall>& call, float learning_rate) {
  std::swap(call->before_memory, call->answer);
  call->before = PullAnswerRows(&call->before_memory);
  call->after = reinterpret_cast<const float*>(call->after_memory.data());
  call->header.kind = state.gradients ? RowKind::kPushGradients : RowKind::kPushChanges;
  call->header.learning_rate = learning_rate;
  return exchange_->Start(call);
}

void RemoteTable::FillGradients(std::span<const float> gradients, const State& state) const {
  for (const auto& call : state.calls) PrepareGradients(call.get());
  for (size_t i = 0; i < state.places.size(); ++i) {
    const Place place = state.places[i];
    float* const rows = reinterpret_cast<float*>(state.calls[place.call]->after_memory.data());
    std::copy_n(gradients.data() + i * layout_.dim, layout_.dim, rows + place.row * layout_.padded_dim);
  }
}

absl::Status RemoteTable::PushGradients(std::span<const uint64_t> keys, std::span<const float> gradients,
                                        float learning_rate) {
  RETURN_IF_ERROR(CheckFloats(spec_, keys.size(), gradients.size()));
  State state;
  RETURN_IF_ERROR(MakeCalls(keys, &state));
  FillGradients(gradients, state);
  RETURN_IF_ERROR(WaitForPushes(kMaxBatchesInFlight - 1));
  for (const auto& call : state.calls) {
    call->after = reinterpret_cast<const float*>(call->after_memory.data());
    call->header.kind = RowKind::kPushGradients;
    call->header.learning_rate = learning_rate;
    RETURN_IF_ERROR(exchange_->Start(call));
  }
  pushes_.push_back(std::move(state.calls));
  return absl::OkStatus();
}

absl::Status RemoteTable::WaitForPushes(size_t most) {
  while (pushes_.size() > most) {
    for (const auto& call : pushes_.front()) {
      RETURN_IF_ERROR(exchange_->Wait(call.get()));
    }
    std::move(pushes_.front().begin(), pushes_.front().end(), std::back_inserter(spare_));
    pushes_.pop_front();
  }
  return absl::OkStatus();
}

std::shared_ptr<RowCall> RemoteTable::TakeCall() {
  if (spare_.empty()) return std::make_shared<RowCall>();
  auto call = std::move(spare_.back());
  spare_.pop_back();
  return call;
}

absl::Status RemoteTable::Flush() { return WaitForPushes(0); }

absl::Status RemoteTable::Read(uint64_t first, uint64_t count, std::span<float> out) {
  if (spec_.hashed()) return InvalidArgument("table \"", spec_.name(), "\" has hashed keys, which have no order");
  RETURN_IF_ERROR(CheckRange(spec_, first, count));
  RETURN_IF_ERROR(CheckFloats(spec_, count, out.size()));
  const uint64_t at_once = std::max<uint64_t>(1, kReadBytes / (layout_.padded_dim * sizeof(float)));
  std::vector<uint64_t> keys;
  for (uint64_t done = 0; done < count; done += keys.size()) {
    keys.resize(std::min(count - done, at_once));
    std::iota(keys.begin(), keys.end(), first + done);
    RETURN_IF_ERROR(Read(keys, out.subspan(done * layout_.dim, keys.size() * layout_.dim)));
  }
  return absl::OkStatus();
}

absl::Status RemoteTable::Read(std::span<const uint64_t> keys, std::span<float> out) {
  RETURN_IF_ERROR(CheckFloats(spec_, keys.size(), out.size()));
  RETURN_IF_ERROR(Flush());
  State state;
  RETURN_IF_ERROR(MakeCalls(keys, &state));
  RETURN_IF_ERROR(StartPulls(state));
  for (const auto& call : state.calls) {
    RETURN_IF_ERROR(exchange_->Wait(call.get()));
  }
  for (size_t i = 0; i < keys.size(); ++i) {
    const Place place = state.places[state.numbers[i]];
    const float* row = PullAnswerRows(&state.calls[place.call]->answer) + place.row * layout_.padded_dim;
    std::copy_n(row, layout_.dim, out.data() + i * layout_.dim);
  }
  return absl::OkStatus();
}

}  // namespace shoal
