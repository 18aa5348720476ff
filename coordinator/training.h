// Training: a job's books: who trains which unit, how far the job is, and its checkpoints.
//
// Thread rule: belongs to the coordinator's thread. Owns nothing of what it is given by pointer.

#pragma once

#include <memory>
#include <optional>

#include "absl/status/status.h"
#include "common/checkpoint/checkpoint_folder.h"
#include "common/clock.h"
#include "common/executor.h"
#include "coordinator/checkpoint_driver.h"
#include "coordinator/job_log.h"
#include "coordinator/lease_desk.h"
#include "coordinator/ledger.h"
#include "coordinator/membership.h"
#include "coordinator/messenger.h"
#include "coordinator/progress.h"
#include "coordinator/status_board.h"
#include "coordinator/unit_log.h"
#include "proto/checkpoint.pb.h"
#include "proto/job.pb.h"
#include "proto/wire.pb.h"

namespace shoal {

class Training {
 public:
  struct Parts {
    const job::Job& job;
    const Membership& members;
    Messenger& messenger;
    StatusBoard& board;
    JobLog& log;
    Clock& clock;
    Executor& executor;
  };

  // Of a job whose data is prepared. `data_fingerprint` is for the checkpoints.
  Training(const Parts& parts, Plan plan, uint64_t data_fingerprint, CheckpointFolder checkpoints);

  // Goes on from a checkpoint. FailedPrecondition, DataLoss: it does not fit the data.
  absl::Status Restore(const checkpoint::Manifest& from);

  // All members are ready: workers get leases from now on, those that have asked at once. Errors: a member cannot be
  // reached.
  absl::Status Begin();
  bool begun() const { return progress_.has_value(); }
  // No lease is given any more, and time stands still.
  void End();

  // A worker's or server's word about leases, units or checkpoints. FailedPrecondition: it is refused, as what it
  // answers was not asked. Aborted: a report that makes no sense. Others: a member cannot be reached.
  absl::Status Handle(int from, const wire::ControlMessage& message);

  // Takes checkpoints as they fall due. Errors: a member cannot be reached.
  absl::Status Tick();
  void RequestCheckpoint() { checkpoints_->Request(); }
  // The workers do not go on after it.
  void RequestLastCheckpoint() { checkpoints_->RequestLast(); }
  bool checkpoint_at_hand() const { return begun() && !checkpoints_->idle() && !checkpoints_->overdue(); }

  // One will have the workers pause that has not yet.
  bool checkpoint_coming() const { return checkpoints_->coming() && !checkpoints_->overdue(); }

  // Of the newest checkpoint; 0: none was written in this life.
  uint64_t last_checkpoint() const { return last_checkpoint_; }

  // Everything is trained, and no worker rests.
  bool all_done() const { return ledger_.all_done() && !checkpoints_->pausing(); }

  // Shows and logs what was done since the last time.
  void ShowProgress();
  const Ledger& ledger() const { return ledger_; }
  const Progress& progress() const { return *progress_; }  // Once it has begun.
  bool ended() const { return end_.has_value(); }
  absl::Time end() const { return end_.value_or(parts_.clock.Now()); }

 private:
  absl::Status HandleLeaseRequest(int from);
  absl::Status HandleReport(int from, wire::UnitProgress report);
  // Warns of a loss that is no number, and ends the job where there were too many; takes it out of the report.
  absl::Status CheckLoss(int from, const Ledger::Place& place, wire::UnitProgress* report);
  void WarnOfCollapse(const ProgressSnapshot& progress);
  absl::Status AnswerLeaseRequests();
  // Of all the job's processes, in all lives.
  double CpuSeconds() const;
  // Of what max_cpu_seconds allows; 0 where it allows any.
  double PartOfCpuTaken() const;
  void Describe(checkpoint::Manifest* manifest);
  double EpochsDone() const;

  const Parts parts_;
  const uint64_t data_fingerprint_;
  Ledger ledger_;
  LeaseDesk desk_;
  CheckpointFolder folder_;
  uint64_t restored_from_ = 0;
  checkpoint::Progress before_;  // Of the lives before this one.
  // From Begin on:
  std::unique_ptr<UnitLog> unit_log_;
  std::optional<Progress> progress_;
  std::optional<CheckpointDriver> checkpoints_;
  std::optional<absl::Time> end_;
  uint64_t last_checkpoint_ = 0;
  bool collapse_told_ = false;
  uint64_t nonfinite_ = 0;  // Reports of a loss that is no number.
};

}  // namespace shoal
