// Backoff: how a loop that polls waits between two looks: the longer nothing came, the longer the pause.
//
// For 50 us it only yields the processor, so that a peer on the same core can run and answer. Then it sleeps for a
// quarter of the time that it has waited already, up to 2 ms: a wait grows by a quarter at worst, while a role that
// hears a heartbeat now and then wakes some hundred times a second, which costs it under 2 % of a core. A fixed sleep
// short enough for row requests would cost a coordinator several times that.
//
// Thread rule: belongs to the thread that waits.

#pragma once

#include "absl/time/time.h"

namespace shoal {

class Backoff {
 public:
  static constexpr absl::Duration kYieldFor = absl::Microseconds(50);
  static constexpr absl::Duration kLongestSleep = absl::Milliseconds(2);

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
