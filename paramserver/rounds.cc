#include "paramserver/rounds.h"

#include <algorithm>
#include <functional>
#include <iterator>

#include "common/status.h"

namespace shoal {

absl::Status Rounds::CheckOfRound(const RowHeader& header) const {
  if (header.turns == 0 || header.turns > kMaxTurns || header.turn >= header.turns) {
    return InvalidArgument("a request of turn ", header.turn, " of ", header.turns, ", of which there are at most ",
                           kMaxTurns);
  }
  if (header.round == round_) return absl::OkStatus();
  return FailedPrecondition("a ", RowKindName(header.kind), " of round ", header.round, " comes in round ", round_);
}

absl::StatusOr<bool> Rounds::IsPullDue(const RowHeader& header) const {
  // By more than one round, where the worker has no turn in those between: an epoch's last round may be small.
  if (IsAhead(header)) return false;
  RETURN_IF_ERROR(CheckOfRound(header));
  return true;
}

absl::Status Rounds::Wait(int client, Buffer request) {
  if (waiting_.size() == kMaxWaiting || waiting_bytes_ + request.size() > kMaxWaitingBytes) {
    return ResourceExhausted(waiting_.size(), " requests of ", waiting_bytes_, " bytes wait for the end of round ",
                             round_, " already");
  }
  waiting_bytes_ += request.size();
  waiting_.push_back({.client = client, .message = std::move(request)});
  return absl::OkStatus();
}

absl::StatusOr<Rounds::Turn*> Rounds::TurnOf(const RowHeader& header) {
  RETURN_IF_ERROR(CheckOfRound(header));
  if (turns_.empty()) turns_.resize(header.turns);
  if (turns_.size() != header.turns) {
    return InvalidArgument("round ", round_, " has ", turns_.size(), " turns, and a request says ", header.turns);
  }
  return &turns_[header.turn];
}

absl::Status Rounds::Keep(const RowHeader& header, Buffer push) {
  ASSIGN_OR_RETURN(Turn* const turn, TurnOf(header));
  if (turn->whole()) {
    return FailedPrecondition("a push of turn ", header.turn, " of round ", round_, " comes after its ", turn->expected,
                              " others, which were all");
  }
  if (kept_bytes_ + push.size() > kMaxKeptBytes) {
    return ResourceExhausted("the changes of round ", round_, " are more than ", kMaxKeptBytes,
                             " bytes; lower units_per_round or data.corpus.unit_words");
  }
  kept_bytes_ += push.size();
  turn->pushes.emplace(header.id, std::move(push));
  return absl::OkStatus();
}

absl::Status Rounds::End(const RowHeader& header) {
  ASSIGN_OR_RETURN(Turn* const turn, TurnOf(header));
  if (turn->ended || turn->pushes.size() > header.count) {
    return FailedPrecondition("turn ", header.turn, " of round ", round_, " ends with ", header.count, " pushes, and ",
                              turn->ended ? "has ended before" : Cat(turn->pushes.size(), " have come"));
  }
  turn->ended = true;
  turn->expected = header.count;
  return absl::OkStatus();
}

std::vector<Buffer> Rounds::TakeWhole() {
  std::vector<Buffer> pushes;
  if (turns_.empty() || !std::all_of(turns_.begin(), turns_.end(), [](const Turn& turn) { return turn.whole(); })) {
    return pushes;
  }
  for (Turn& turn : turns_) {
    for (auto& [id, push] : turn.pushes) pushes.push_back(std::move(push));
  }
  turns_.clear();
  kept_bytes_ = 0;
  ++round_;
  const auto is_due = [this](const Request& request) { return PeekRowHeader(request.message).round <= round_; };
  const auto due = std::stable_partition(waiting_.begin(), waiting_.end(), std::not_fn(is_due));
  due_.insert(due_.end(), std::make_move_iterator(due), std::make_move_iterator(waiting_.end()));
  waiting_.erase(due, waiting_.end());
  waiting_bytes_ = 0;
  for (const Request& request : waiting_) waiting_bytes_ += request.message.size();
  return pushes;
}

}  // namespace shoal
