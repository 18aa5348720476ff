// CheckpointDriver: takes a running job's checkpoints, one at a time.
//
// When one is due its folder is made, and then it has the workers pause, each when its unit is trained and the servers
// have all of it; then the cut is made: what of the plan is done is noted, and the servers copy what they hold. The
// workers go on at once; the servers write behind them, and when all have, the manifest is put in its place, which
// makes the checkpoint one (common/checkpoint/checkpoint_folder.h). One that fails is removed and said, and training
// goes on.
//
// Thread rule: belongs to the coordinator's thread; what takes as long as a disk does is done in another.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "common/background.h"
#include "common/checkpoint/checkpoint_folder.h"
#include "common/clock.h"
#include "common/executor.h"
#include "coordinator/membership.h"
#include "coordinator/messenger.h"
#include "proto/checkpoint.pb.h"
#include "proto/job.pb.h"
#include "proto/wire.pb.h"

namespace shoal {

// What came of one, for the log and the metrics.
struct CheckpointOutcome {
  uint64_t number = 0;
  absl::Status status;
  uint64_t bytes = 0;
  double pause_seconds = 0;  // Of the workers.
  double total_seconds = 0;
};

class CheckpointDriver {
 public:
  // Fills in what the job knows of itself: all but number, time and shards.
  using Describe = std::function<void(checkpoint::Manifest*)>;

  // Of what is given by pointer it owns nothing. `epochs_done`: how far the job is already.
  CheckpointDriver(const job::Checkpoint& settings, CheckpointFolder folder, Messenger* messenger,
                   const Membership* members, Clock* clock, Executor* executor, double epochs_done, Describe describe);

  // Begins one where it is due, and goes on with the one at hand: to be called often while workers are ready.
  // `epochs_done` is how far the job is; unless it `may_cut`, one that is due waits. Errors: a member cannot be
  // reached.
  absl::Status Tick(double epochs_done, bool may_cut);
  // One waits until it may be cut.
  bool waits_for_cut() const { return phase_ == Phase::kOpened; }
  // One is asked for or begun whose pause has not been said yet.
  bool coming() const { return requested_ || phase_ == Phase::kOpening || phase_ == Phase::kOpened; }

  // One is due now, or as soon as the one at hand is done.
  void Request() { requested_ = true; }
  // The same, and the workers rest after it: what they trained would be lost.
  void RequestLast() { requested_ = !std::exchange(last_, true) || requested_; }
  // None is due by time or progress from now on.
  void OnlyRequested() { only_requested_ = true; }

  // Whether workers rest or are about to: they are to be given no leases.
  bool pausing() const { return phase_ == Phase::kPausing || phase_ == Phase::kCopying || resting_; }
  // Nothing is at hand nor asked for.
  bool idle() const { return phase_ == Phase::kIdle && !requested_; }
  // The one at hand takes longer than any disk should; whose answer is awaited has been said.
  bool overdue() const { return overdue_; }

  // What members answer. FailedPrecondition: they were not asked.
  absl::Status Paused(int worker);
  absl::Status Frozen(int server, const wire::Frozen& frozen);
  absl::Status Written(int server, const wire::ShardsWritten& written);

  // Of the one that ended since the last call.
  std::optional<CheckpointOutcome> TakeOutcome() { return std::exchange(outcome_, std::nullopt); }

 private:
  enum class Phase { kIdle, kOpening, kOpened, kPausing, kCopying, kWriting, kPublishing };

  bool IsDue(double epochs_done) const;
  void Open();
  void EndOpening();
  absl::Status Pause();
  absl::Status Cut();
  absl::Status EndCut();
  void Publish();
  void End(const absl::Status& status);
  void SayWhereOverdue();
  std::set<int> RanksOf(wire::Role role) const;

  const job::Checkpoint settings_;
  CheckpointFolder folder_;
  Messenger& messenger_;
  const Membership& members_;
  Clock& clock_;
  Executor& executor_;
  const Describe describe_;

  Phase phase_ = Phase::kIdle;
  bool requested_ = false;
  bool last_ = false;
  bool only_requested_ = false;
  bool resting_ = false;  // For good.
  absl::Time last_begun_;
  double epochs_at_last_ = 0;

  // Of the one at hand:
  checkpoint::Manifest manifest_;
  std::set<int> pausing_, copying_, writing_;  // Ranks whose answer is awaited.
  absl::Status failure_;
  bool overdue_ = false;
  absl::Time pause_begun_;
  absl::Duration pause_;
  std::unique_ptr<Background<absl::StatusOr<uint64_t>>> opening_;
  std::unique_ptr<Background<absl::Status>> publishing_;
  std::optional<CheckpointOutcome> outcome_;
};

}  // namespace shoal
