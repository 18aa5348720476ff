#include "common/transport/backoff.h"

#include <sched.h>

#include <algorithm>

#include "absl/time/clock.h"

namespace shoal {

absl::Duration Backoff::PauseAt(absl::Time now, absl::Time deadline) const {
  const absl::Duration idle = now - last_found_;
  if (idle < kYieldFor) return absl::ZeroDuration();
  const absl::Duration sleep = std::min(idle / 4, kLongestSleep);
  return std::max(absl::ZeroDuration(), std::min(sleep, deadline - now));
}

void Backoff::Pause(absl::Duration pause) {
  if (pause > absl::ZeroDuration()) {
    absl::SleepFor(pause);
  } else {
    ::sched_yield();
  }
}

}  // namespace shoal
