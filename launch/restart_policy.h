// RestartPolicy: whether a job that lost a process is to be started again, and when.
//
// Not without end: at most max_restarts times within restart_window_seconds, nor so often in a row from one checkpoint,
// and not a third time after it died of the same unit of data, or before it trained at all. A newer checkpoint is
// progress, after which that counts anew. Until then the waits double, so that a machine in trouble is left alone.
//
// Thread rule: one thread.

#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/job.pb.h"

namespace shoal {

class RestartPolicy {
 public:
  static constexpr absl::Duration kFirstWait = absl::Milliseconds(100), kLongestWait = absl::Seconds(30);
  static constexpr int kMostDeathsAtOnePlace = 3;

  explicit RestartPolicy(const job::Job& job)
      : most_(job.max_restarts()), window_(absl::Seconds(job.restart_window_seconds())) {}

  // The job died at `now`, and has `checkpoint` (0: none) to go on from; `place` says of what or when it died ("in unit
  // 7 of epoch 2"), empty: it is not known. How long to wait before it is started again. Aborted: it is not to be, and
  // why.
  absl::StatusOr<absl::Duration> After(absl::Time now, const std::string& place, uint64_t checkpoint);

  // Restarts that After granted, in all.
  uint64_t restarts() const { return restarts_; }
  uint64_t most() const { return most_; }

 private:
  const uint64_t most_;
  const absl::Duration window_;
  std::deque<absl::Time> times_;       // Of restarts within the window.
  std::map<std::string, int> deaths_;  // By place, since the last progress.
  uint64_t checkpoint_ = 0;            // At the last death.
  uint64_t without_progress_ = 0;      // Deaths in a row.
  uint64_t restarts_ = 0;
};

}  // namespace shoal
