#include "paramserver/row_exchange.h"

#include <algorithm>
#include <random>
#include <utility>

#include "common/status.h"
#include "common/text.h"
#include "paramserver/push_window.h"
#include "paramserver/row_optimizer.h"

namespace shoal {
namespace {

// How long requests and waits, one after another, may go without the wait hook.
constexpr absl::Duration kWaitSlice = absl::Milliseconds(50);

// Tells this connection from any other of the same rank; not a secret, so the quality of the device does not matter.
uint64_t DrawSession() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

}  // namespace

RowExchange::RowExchange(Endpoint* endpoint, Clock* clock, std::vector<int> servers, absl::Duration timeout,
                         uint32_t max_retries, ClientStats* stats)
    : endpoint_(endpoint),
      clock_(clock),
      peers_(servers.size()),
      server_of_rank_(endpoint->size(), -1),
      timeout_(timeout),
      max_retries_(max_retries),
      session_(DrawSession()),
      stats_(stats) {
  for (size_t i = 0; i < servers.size(); ++i) {
    peers_[i].rank = servers[i];
    server_of_rank_[servers[i]] = static_cast<int>(i);
  }
}

absl::Status RowExchange::Start(const std::shared_ptr<RowCall>& call) {
  RETURN_IF_ERROR(KeepInTouch());
  Peer& peer = peers_[call->server];
  while (!peer.waiting.empty() && peer.next_id - peer.waiting.begin()->first >= PushWindow::kIds) {
    const auto oldest = peer.waiting.begin()->second;
    RETURN_IF_ERROR(Wait(oldest.get()));
  }
  call->header.session = session_;
  call->header.id = peer.next_id++;
  call->header.round = turn_.round();
  call->header.turn = turn_.number();
  call->header.turns = turn_.turns();
  if (IsPush(call->header.kind)) ++peer.pushes;
  call->done = false;
  call->sent = 0;
  call->started = clock_->Now();
  call->status = absl::OkStatus();
  peer.waiting[call->header.id] = call;
  return Send(call.get());
}

void RowExchange::BeginTurn(const wire::Turn& turn) {
  turn_ = turn;
  for (Peer& peer : peers_) peer.pushes = 0;
}

absl::Status RowExchange::EndTurn() {
  std::vector<std::shared_ptr<RowCall>> ends;
  for (uint32_t server = 0; server < servers(); ++server) {
    ends.push_back(std::make_shared<RowCall>());
    ends.back()->server = server;
    ends.back()->header.kind = RowKind::kEndTurn;
    ends.back()->header.count = peers_[server].pushes;
    RETURN_IF_ERROR(Start(ends.back()));
  }
  for (const auto& end : ends) {
    RETURN_IF_ERROR(Wait(end.get()));
  }
  turn_.Clear();
  return absl::OkStatus();
}

absl::Status RowExchange::Send(RowCall* call) {
  ++call->sent;
  ++stats_->requests;
  call->deadline = clock_->Now() + timeout_;
  while (true) {
    // A message that waits for room is given up, and made anew: in between the hook is heard.
    const absl::Time until = std::min(call->deadline, clock_->Now() + kWaitSlice);
    const absl::Status sent =
        endpoint_->Send(peers_[call->server].rank, Channel::kRowRequests, MakeMessage(*call), until);
    if (!absl::IsDeadlineExceeded(sent) || clock_->Now() >= call->deadline) return sent;
    RETURN_IF_ERROR(KeepInTouch());
  }
}

absl::Status RowExchange::KeepInTouch() {
  const absl::Time now = clock_->Now();
  if (!wait_hook_ || now < hook_due_) return absl::OkStatus();
  hook_due_ = now + kWaitSlice;
  return wait_hook_();
}

Buffer RowExchange::MakeMessage(const RowCall& call) const {
  if (call.header.kind == RowKind::kHello) return MakeHello(call.header, call.text);
  if (call.header.kind == RowKind::kPull) return MakePull(call.header, call.keys);
  if (call.header.kind == RowKind::kEndTurn) return MakeEndTurn(call.header);
  Buffer message = MakePush(call.header, call.keys);
  const size_t floats = call.keys.size() * call.header.row_floats;
  if (call.header.kind == RowKind::kPushGradients) {
    std::copy_n(call.after, floats, PushRows(&message));
  } else {
    DifferenceOfRows(call.after, call.before, floats, PushRows(&message));
  }
  return message;
}

absl::Status RowExchange::Wait(RowCall* call) {
  while (!call->done) {
    ASSIGN_OR_RETURN(const bool taken, TakeOne(std::min(call->deadline, clock_->Now() + kWaitSlice)));
    // Judged only when no answer lay here, another call's either, behind which this one's may lie: the worker may have
    // computed past the deadline.
    if (!call->done && !taken && clock_->Now() >= call->deadline) {
      RETURN_IF_ERROR(Retry(call));
    }
    RETURN_IF_ERROR(KeepInTouch());
  }
  if (call->status.ok()) return absl::OkStatus();
  RETURN_IF_ERROR(call->status) << Describe(*call);
  return absl::OkStatus();
}

absl::StatusOr<bool> RowExchange::TakeOne(absl::Time deadline) {
  auto message = endpoint_->Receive(Channel::kRowResponses, deadline);
  if (absl::IsDeadlineExceeded(message.status())) return false;
  if (!message.ok()) return message.status();
  Accept(*std::move(message));
  return true;
}

// Answers that nobody waits for are dropped: they belong to requests that were sent twice.
void RowExchange::Accept(Message message) {
  const int server = message.from < static_cast<int>(server_of_rank_.size()) ? server_of_rank_[message.from] : -1;
  const auto answer = ParseRowAnswer(message.payload);
  if (server < 0 || !answer.ok() || answer->header.session != session_) return;
  Peer& peer = peers_[server];
  const auto waiting = peer.waiting.find(answer->header.id);
  if (waiting == peer.waiting.end() || waiting->second->header.kind != answer->header.kind) return;
  const std::shared_ptr<RowCall> call = std::move(waiting->second);
  peer.waiting.erase(waiting);
  call->done = true;
  call->status = answer->status();
  if (call->status.ok() && call->header.kind == RowKind::kPull &&
      (answer->header.count != call->keys.size() || answer->header.row_floats != call->header.row_floats)) {
    call->status = DataLoss("the answer has ", answer->header.count, " rows of ", answer->header.row_floats,
                            " floats, expected ", call->keys.size(), " of ", call->header.row_floats);
  }
  call->answer = std::move(message.payload);
  Count(*call);
}

void RowExchange::Count(const RowCall& call) {
  if ((call.header.kind != RowKind::kPull && !IsPush(call.header.kind)) || !call.status.ok()) return;
  stats_->request_seconds.Add(absl::ToDoubleSeconds(clock_->Now() - call.started));
  const uint64_t bytes = uint64_t{call.keys.size()} * call.header.row_floats * sizeof(float);
  if (call.header.kind == RowKind::kPull) {
    stats_->rows_pulled += call.keys.size();
    stats_->bytes_pulled += bytes;
  } else {
    stats_->rows_pushed += call.keys.size();
    stats_->bytes_pushed += bytes;
  }
}

absl::Status RowExchange::Retry(RowCall* call) {
  if (call->sent > max_retries_) {
    return DeadlineExceeded(Describe(*call), ": no answer within ", absl::FormatDuration(timeout_), ", asked ",
                            call->sent,
                            " times. Is the server alive? parameter_server.request_timeout_seconds and "
                            "parameter_server.max_retries set how long to wait.");
  }
  ++stats_->retries;
  return Send(call);
}

std::string RowExchange::Describe(const RowCall& call) const {
  return Cat("parameter server ", call.server, " (rank ", peers_[call.server].rank, "), ",
             RowKindName(call.header.kind), " of ", call.keys.size(), " rows of table ", call.header.table);
}

}  // namespace shoal
