#include "launch/restart_policy.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/status.h"

namespace shoal {

absl::StatusOr<absl::Duration> RestartPolicy::After(absl::Time now, const std::string& place, uint64_t checkpoint) {
  if (std::exchange(checkpoint_, checkpoint) != checkpoint) {
    deaths_.clear();
    without_progress_ = 0;
  }
  while (!times_.empty() && now - times_.front() >= window_) times_.pop_front();
  if (most_ == 0) return Aborted("it is not started again, as max_restarts is 0");
  if (!place.empty() && ++deaths_[place] == kMostDeathsAtOnePlace) {
    return Aborted("it died ", kMostDeathsAtOnePlace, " times ", place, ", and is not started again");
  }
  if (++without_progress_ > most_) {
    return Aborted("it died ", without_progress_,
                   " times in a row without a newer checkpoint, and max_restarts allows ", "no more");
  }
  if (times_.size() >= most_) {
    return Aborted("it was started again ", times_.size(), " times within ", absl::FormatDuration(window_),
                   ", and max_restarts allows no more");
  }
  const absl::Duration wait =
      std::min(kLongestWait, kFirstWait * std::exp2(std::min<uint64_t>(without_progress_ - 1, 16)));
  times_.push_back(now);
  ++restarts_;
  return wait;
}

}  // namespace shoal
