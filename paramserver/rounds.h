// Rounds: how a server's rows come out the same to the last bit whoever trained what and whenever it arrived.
//
// In a job of strict determinism the units of the plan form rounds, and a unit is a turn of its round. All turns of a
// round are trained from the same rows: their pushes are kept until every turn has ended, and then are taken in the
// order of the turns. A pull of a later round waits until then, and so does the end of a turn of one: its worker may
// have had it from other servers, which are at that round already.
//
// Requests come from other processes and are checked: what does not belong to the round at hand is refused.
//
// Thread rule: belongs to the server's event loop.
// Source: Valiant 1990, "A Bridging Model for Parallel Computation" (supersteps); here with an order within them.

#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/buffer.h"
#include "paramserver/messages.h"

namespace shoal {

class Rounds {
 public:
  static constexpr uint32_t kMaxTurns = 1024;  // As the job's units_per_round.
  // Of the pushes of a round.
  static constexpr uint64_t kMaxKeptBytes = uint64_t{8} << 30;
  static constexpr size_t kMaxWaiting = size_t{1} << 16;
  static constexpr uint64_t kMaxWaitingBytes = uint64_t{1} << 30;

  struct Request {
    int client = -1;
    Buffer message;
  };

  // A request of this header is of a round after the one at hand.
  bool IsAhead(const RowHeader& header) const { return header.round > round_; }
  // Whether a pull of this header is to be answered now; it must wait else.
  absl::StatusOr<bool> IsPullDue(const RowHeader& header) const;
  // ResourceExhausted: more than kMaxWaiting wait, or more than kMaxWaitingBytes.
  absl::Status Wait(int client, Buffer request);
  // Those that are due since a round became whole, in the order they came; once.
  std::vector<Request> TakeDue() { return std::exchange(due_, {}); }

  // Keeps a push of this header. ResourceExhausted: the round's are more than kMaxKeptBytes.
  absl::Status Keep(const RowHeader& header, Buffer push);
  // The turn has ended, and header.count pushes are of it.
  absl::Status End(const RowHeader& header);
  // The pushes of a round all of whose turns have ended, in their order, and none but once; the next round begins.
  std::vector<Buffer> TakeWhole();

  // Nothing is kept that the tables do not have.
  bool between_rounds() const { return turns_.empty(); }

 private:
  struct Turn {
    std::map<uint64_t, Buffer> pushes;  // By request id, which rises as the turn is trained.
    bool ended = false;
    uint32_t expected = 0;  // Pushes, where it has ended.

    bool whole() const { return ended && pushes.size() == expected; }
  };

  absl::Status CheckOfRound(const RowHeader& header) const;
  // Of the round at hand.
  absl::StatusOr<Turn*> TurnOf(const RowHeader& header);

  uint64_t round_ = 1;            // At hand.
  std::vector<Turn> turns_;       // Of it; empty until its first push or end.
  uint64_t kept_bytes_ = 0;       // In `turns_`.
  std::vector<Request> waiting_;  // For later rounds.
  uint64_t waiting_bytes_ = 0;    // In `waiting_`.
  std::vector<Request> due_;
};

}  // namespace shoal
