#include "common/transport/backoff.h"

#include <sched.h>

#include <algorithm>

#include "absl/time/clock.h"

namespace shoal {

absl::Duration Backoff::NextPause(absl::Duration remaining, Watching watching) const {
  const Patience patience = PatienceOf(watching);
  if (waited_ < patience.yield_for) return absl::ZeroDuration();
  return std::max(absl::ZeroDuration(), std::min({waited_ / 4, patience.longest_sleep, remaining}));
}

void Backoff::Pause(absl::Duration pause) {
  if (pause > absl::ZeroDuration()) {
    absl::SleepFor(pause);
  } else {
    ::sched_yield();
  }
}

}  // namespace shoal
