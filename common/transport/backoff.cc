#include "common/transport/backoff.h"

#include <sched.h>

#include <algorithm>

#include "absl/time/clock.h"

namespace shoal {

absl::Duration Backoff::NextPause(absl::Duration remaining, Watching watching) const {
  constexpr absl::Duration kFirstControlSleep = absl::Microseconds(50);
  const Patience patience = PatienceOf(watching);
  absl::Duration pause = std::min(waited_ / 4, patience.longest_sleep);
  if (expecting_ == Expecting::kControl && watching == Watching::kArrivals) {
    pause = std::clamp(waited_ / 2, kFirstControlSleep, patience.longest_sleep);
  } else if (waited_ < patience.yield_for) {
    pause = absl::ZeroDuration();
  }
  return std::clamp(pause, absl::ZeroDuration(), std::max(absl::ZeroDuration(), remaining));
}

void Backoff::Pause(absl::Duration pause) {
  if (pause > absl::ZeroDuration()) {
    absl::SleepFor(pause);
  } else {
    ::sched_yield();
  }
}

}  // namespace shoal
