// Backoff: how a loop that polls waits between two looks: the longer it has waited already, the longer the pause.
//
// At first it only yields the processor, so that a peer on the same core can run and answer. Then it sleeps for a
// quarter of the time waited, up to 5 ms: a wait grows by a quarter at worst, while a role that hears a heartbeat now
// and then wakes some three hundred times a second, which costs it about 1 % of a core. A fixed sleep short enough for
// row requests would cost several times that.
//
// Who gets no rows, only control messages, never yields and sleeps for half of the time waited: the coordinator hears
// reports some fifty times a second and would else wake two dozen times for each.
//
// Only time spent waiting counts: who has computed for a second starts its next wait as patiently as it left the last.
//
// Thread rule: belongs to the thread that waits.

#pragma once

#include "absl/time/time.h"

namespace shoal {

class Backoff {
 public:
  enum class Expecting { kRows, kControl };
  enum class Watching {
    kArrivals,
    // Large messages that their receivers have not taken: each look may move a part of one.
    kSends,
    // A large message that is coming in, part by part.
    kReceive,
  };
  struct Patience {
    absl::Duration yield_for;
    absl::Duration longest_sleep;
  };

  explicit Backoff(Expecting expecting = Expecting::kRows) : expecting_(expecting) {}

  static constexpr Patience PatienceOf(Watching watching) {
    if (watching == Watching::kReceive) return {absl::Milliseconds(2), absl::Microseconds(500)};
    if (watching == Watching::kSends) return {absl::Microseconds(50), absl::Microseconds(200)};
    return {absl::Microseconds(50), absl::Milliseconds(5)};
  }

  // Something happened that the next thing is likely to follow soon.
  void Reset() { waited_ = absl::ZeroDuration(); }

  // `duration` went by in a wait.
  void Waited(absl::Duration duration) { waited_ += duration; }

  // How long to sleep, not longer than `remaining`; zero: yield.
  absl::Duration NextPause(absl::Duration remaining, Watching watching = Watching::kArrivals) const;

  // Yields or sleeps for so long.
  static void Pause(absl::Duration pause);

 private:
  Expecting expecting_;
  absl::Duration waited_;
};

}  // namespace shoal
