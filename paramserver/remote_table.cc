#include "paramserver/remote_table.h"

#include <algorithm>
#include <cstring>
#include <limits>
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
  RETURN_IF_ERROR(StartPulls(keys, state));
  state->open = open_;
  return absl::OkStatus();
}

template <typename Key>
absl::Status RemoteTable::StartPulls(std::span<const Key> keys, State* state) {
  state->calls.clear();
  state->places.clear();
  state->numbers.resize(keys.size());
  std::fill(filling_.begin(), filling_.end(), kNoCall);
  unique_.Begin(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!spec_.hashed() && keys[i] >= spec_.rows()) {
      return InvalidArgument("table \"", spec_.name(), "\" has ", spec_.rows(), " rows, there is no row ", keys[i]);
    }
    bool fresh;
    state->numbers[i] = unique_.NumberOf(keys[i], &fresh);
    if (fresh) state->places.push_back(PlaceKey(keys[i], state));
  }
  for (const auto& call : state->calls) {
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

void RemoteTable::PrepareChanges(RowCall* call) {
  const size_t bytes = call->keys.size() * layout_.padded_dim * sizeof(float);
  call->after_memory.Reset(bytes);
  std::memcpy(call->after_memory.data(), PullAnswerRows(&call->answer), bytes);
}

void RemoteTable::PrepareGradients(RowCall* call) {
  const size_t bytes = call->keys.size() * layout_.padded_dim * sizeof(float);
  call->after_memory.Reset(bytes);
  std::memset(call->after_memory.data(), 0, bytes);
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
  if (first > spec_.rows() || count > spec_.rows() - first || out.size() < count * layout_.dim) {
    return InvalidArgument("table \"", spec_.name(), "\" has ", spec_.rows(), " rows of ", layout_.dim,
                           " floats: rows ", first, " to ", first + count, " cannot be read into ", out.size(),
                           " floats");
  }
  RETURN_IF_ERROR(Flush());
  const uint64_t at_once = std::max<uint64_t>(1, kReadBytes / (layout_.padded_dim * sizeof(float)));
  std::vector<uint64_t> keys;
  State state;
  for (uint64_t done = 0; done < count; done += keys.size()) {
    keys.clear();
    for (uint64_t i = done; i < std::min(count, done + at_once); ++i) keys.push_back(first + i);
    RETURN_IF_ERROR(StartPulls(std::span<const uint64_t>(keys), &state));
    for (const auto& call : state.calls) {
      RETURN_IF_ERROR(exchange_->Wait(call.get()));
    }
    for (size_t i = 0; i < keys.size(); ++i) {
      const Place place = state.places[state.numbers[i]];
      const float* row = PullAnswerRows(&state.calls[place.call]->answer) + place.row * layout_.padded_dim;
      std::copy_n(row, layout_.dim, out.data() + (done + i) * layout_.dim);
    }
  }
  return absl::OkStatus();
}

}  // namespace shoal
