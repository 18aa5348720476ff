// ManualClock: a clock that stands still until it is told to go on.
//
// Thread rule: safe from any thread.

#pragma once

#include <atomic>
#include <cstdint>

#include "absl/time/time.h"
#include "common/clock.h"

namespace shoal {

class ManualClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::UnixEpoch() + absl::Nanoseconds(nanos_.load()); }
  // Goes on by so much, at once.
  void SleepFor(absl::Duration duration) override { nanos_ += absl::ToInt64Nanoseconds(duration); }

 private:
  std::atomic<int64_t> nanos_{0};
};

}  // namespace shoal
