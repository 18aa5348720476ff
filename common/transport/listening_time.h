// ListeningTime: how long a rank has listened to the others, which is what their silence is measured in.
//
// Each look adds the time since the look before, one heartbeat interval at most. So a rank that was itself paused for a
// minute, or long at a piece of work, does not find everyone dead before it has looked at what came meanwhile.
//
// Thread rule: belongs to the thread that listens.

#pragma once

#include <algorithm>
#include <utility>

#include "absl/time/time.h"

namespace shoal {

class ListeningTime {
 public:
  ListeningTime(absl::Duration heartbeat_interval, absl::Time now) : most_(heartbeat_interval), last_look_(now) {}

  // What the look at `now` adds.
  absl::Duration Look(absl::Time now) {
    return std::clamp(now - std::exchange(last_look_, now), absl::ZeroDuration(), most_);
  }

 private:
  const absl::Duration most_;
  absl::Time last_look_;
};

}  // namespace shoal
