// Time, passed in so that tests can drive it. Every wait in shoal takes a deadline: an absl::Time of this clock.
//
// Thread rule: safe from any thread.

#pragma once

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace shoal {

class Clock {
 public:
  virtual ~Clock() = default;
  virtual absl::Time Now() const = 0;
  virtual void SleepFor(absl::Duration duration) = 0;

  // The machine's monotonic clock.
  static Clock& Real();
};

}  // namespace shoal
