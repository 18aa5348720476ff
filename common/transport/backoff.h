// Backoff: how a loop that polls waits between two looks: the longer nothing came, the longer the pause.
//
// For 50 us it only yields the processor, so that a peer on the same core can run and answer; up to 100 ms of idleness
// it sleeps up to 200 us; then 1 ms, where a role that nobody asks anything of costs under 2 % of a core.
//
// Thread rule: belongs to the thread that waits.

#pragma once

#include "absl/time/time.h"

namespace shoal {

class Backoff {
 public:
  static constexpr absl::Duration kYieldFor = absl::Microseconds(50);
  static constexpr absl::Duration kShortestSleep = absl::Microseconds(20);
  static constexpr absl::Duration kLongestSleep = absl::Microseconds(200);
  static constexpr absl::Duration kIdleAfter = absl::Milliseconds(100);
  static constexpr absl::Duration kIdleSleep = absl::Milliseconds(1);

  explicit Backoff(absl::Time now) : last_found_(now) {}

  // Something came at `now`: the next pauses are short ones.
  void Found(absl::Time now) { last_found_ = now; }

  // How long to sleep at `now`, not past `deadline`; zero: yield.
  absl::Duration PauseAt(absl::Time now, absl::Time deadline) const;

  // Yields or sleeps for so long.
  static void Pause(absl::Duration pause);

 private:
  absl::Time last_found_;
};

}  // namespace shoal
