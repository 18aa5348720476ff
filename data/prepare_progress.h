// How the preparation of a set tells how far it is.
//
// Thread rule: ProgressReports is safe from any thread.

#pragma once

#include <functional>
#include <mutex>
#include <string_view>

#include "absl/time/time.h"
#include "common/clock.h"

namespace shoal {

// `fraction` of the whole preparation, 0 to 1; `phase` is a short text ("reading", "writing"). One call at a time, at
// most about ten a second, from threads of the preparation; it must not block.
using PrepareProgress = std::function<void(double fraction, std::string_view phase)>;

// Thins reports to what PrepareProgress promises.
class ProgressReports {
 public:
  // `progress` may be empty, and must outlive this.
  explicit ProgressReports(const PrepareProgress& progress) : progress_(progress) {}

  // `always`: not to be left out, as the last one.
  void Report(double fraction, std::string_view phase, bool always = false) {
    if (!progress_) return;
    const std::lock_guard lock(mutex_);
    const absl::Time now = Clock::Real().Now();
    if (!always && now < next_) return;
    next_ = now + kBetween;
    progress_(fraction, phase);
  }

 private:
  static constexpr absl::Duration kBetween = absl::Milliseconds(100);

  const PrepareProgress& progress_;
  std::mutex mutex_;  // Guards next_, and calls of progress_.
  absl::Time next_ = absl::InfinitePast();
};

}  // namespace shoal
