// Ledger: which units of the plan wait, are leased to a worker, or are done.
//
// A place in the plan is handed out once, in order, and then is leased until it is done. So the ledger keeps the first
// place not yet handed out and the leases; everything else before it is done. Its size is that of the leases, not of
// the plan. A unit never waits again: the death of its worker ends the job, which goes on from a checkpoint's ledger
// (proto/checkpoint.proto), where the places that were leased wait.
//
// In a job of strict determinism the units of an epoch form rounds (paramserver/rounds.h), the last of which may be
// smaller; a lease says which turn of which round it is.
//
// A lease has an id of its own that is never used again. A report on a lease that its sender does not hold is refused:
// no range is trained twice into the books.
//
// Thread rule: belongs to the coordinator's thread.
// Source: Gray and Cheriton 1989, "Leases"; the time limit of a lease is its job's end, which a death brings
// (membership.h).

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "absl/status/status.h"
#include "coordinator/plan.h"
#include "proto/checkpoint.pb.h"
#include "proto/wire.pb.h"

namespace shoal {

class Ledger {
 public:
  struct Counts {
    uint64_t waiting = 0;
    uint64_t leased = 0;
    uint64_t done = 0;
  };

  // One unit in one epoch, and its number in the plan.
  struct Place {
    uint64_t number = 0;
    PlannedUnit planned;
  };

  // Of rounds of `units_per_round`; 0: there are none.
  explicit Ledger(Plan plan, uint32_t units_per_round = 0) : plan_(std::move(plan)), per_round_(units_per_round) {}

  // At a moment when no leased unit has been begun, and of rounds, when all that were begun are done: what is done, for
  // a checkpoint.
  checkpoint::Ledger Save() const;
  // Of a ledger that has leased nothing yet. FailedPrecondition: `saved` is of another plan. DataLoss: it is of none.
  absl::Status Restore(const checkpoint::Ledger& saved);

  // Leases the next waiting unit to `worker` (its rank). Nothing where none waits.
  std::optional<wire::Lease> Grant(int worker);

  // Adds the report's words to the lease's, and closes the lease where the report says `done`. Nothing is changed by an
  // error:
  // FailedPrecondition: `worker` does not hold this lease, or not any more.
  // InvalidArgument: it reports more words than the unit has, or calls the unit done before it has reported them all.
  absl::Status Report(int worker, const wire::UnitProgress& report);

  // The plan ends with what is leased: nothing waits any more. Not of rounds.
  void EndPlan();

  // Over all epochs, and of one.
  Counts counts() const;
  Counts counts(uint32_t epoch) const;
  uint64_t waiting() const { return ended_ ? 0 : undone_.size() + plan_.size() - next_; }
  bool all_done() const { return waiting() == 0 && leases_.empty(); }
  uint32_t units_per_round() const { return per_round_; }
  // Of rounds a cut is made only where none is under way.
  bool may_save() const { return per_round_ == 0 || (between_rounds() && leases_.empty()); }
  // No round is handed out in part.
  bool between_rounds() const { return per_round_ == 0 || PlaceInRound(next_) == 0; }
  uint64_t held_by(int worker) const;
  // The unit that `worker` was granted first of those it holds, in words; empty where it holds none.
  std::string UnitAtHand(int worker) const;
  // Of a lease that is held; nothing is known of a lease that is not.
  std::optional<Place> PlaceOf(uint64_t lease) const;

  const Plan& plan() const { return plan_; }

 private:
  struct Entry {
    Place place;
    uint64_t words = 0;  // Reported so far.
    int worker = -1;     // The holder's rank.
  };

  uint64_t PlaceInRound(uint64_t place) const { return place % plan_.units_per_epoch() % per_round_; }
  uint64_t RoundOf(uint64_t place) const;  // Over all epochs, from 0.
  wire::Turn TurnOf(uint64_t place) const;

  Plan plan_;
  const uint32_t per_round_;
  uint64_t next_ = 0;            // The first place not yet handed out, nor in any life before.
  std::deque<uint64_t> undone_;  // Places before it that a life before handed out and did not get done; rising.
  uint64_t first_round_ = 0;     // Of this life.
  uint64_t next_lease_ = 1;
  bool ended_ = false;
  std::unordered_map<uint64_t, Entry> leases_;  // By lease id.
  std::unordered_map<int, uint64_t> held_;      // Leases by worker.
};

}  // namespace shoal
