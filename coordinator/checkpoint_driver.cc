#include "coordinator/checkpoint_driver.h"

#include <time.h>

#include <utility>

#include "common/log.h"
#include "common/status.h"
#include "common/version.h"

namespace shoal {
namespace {

// A terabyte a server at 2 GB/s.
constexpr absl::Duration kPatience = absl::Minutes(10);

}  // namespace

CheckpointDriver::CheckpointDriver(const job::Checkpoint& settings, CheckpointFolder folder, Messenger* messenger,
                                   const Membership* members, Clock* clock, Executor* executor, double epochs_done,
                                   Describe describe)
    : settings_(settings),
      folder_(std::move(folder)),
      messenger_(*messenger),
      members_(*members),
      clock_(*clock),
      executor_(*executor),
      describe_(std::move(describe)),
      last_begun_(clock->Now()),
      epochs_at_last_(epochs_done) {}

bool CheckpointDriver::IsDue(double epochs_done) const {
  const double seconds = settings_.interval_seconds(), epochs = settings_.interval_epochs();
  if (requested_ || only_requested_ || last_) return requested_;
  return (seconds > 0 && clock_.Now() - last_begun_ >= absl::Seconds(seconds)) ||
         (epochs > 0 && epochs_done - epochs_at_last_ >= epochs);
}

absl::Status CheckpointDriver::Tick(double epochs_done, bool may_cut) {
  SayWhereOverdue();
  if (phase_ == Phase::kPublishing) {
    if (const auto published = publishing_->Take()) End(*published);
    return absl::OkStatus();  // Its outcome is taken before the next begins.
  }
  if (phase_ == Phase::kIdle && IsDue(epochs_done)) {
    epochs_at_last_ = epochs_done;
    Open();
  }
  if (phase_ == Phase::kOpening) EndOpening();
  return phase_ == Phase::kOpened && may_cut ? Pause() : absl::OkStatus();
}

void CheckpointDriver::SayWhereOverdue() {
  if (phase_ == Phase::kIdle || overdue_ || clock_.Now() - last_begun_ < kPatience) return;
  overdue_ = true;
  const std::set<int>& awaited = phase_ == Phase::kPausing ? pausing_ : writing_;
  const std::string whom = awaited.empty() ? "the file system" : members_.Name(*awaited.begin());
  const bool stands = phase_ == Phase::kPausing || phase_ == Phase::kCopying;
  LogWarning("a checkpoint is not written after ", absl::FormatDuration(kPatience), ": ", whom,
             " is awaited; training ", stands ? "stands still" : "goes on, without another checkpoint", " until then");
}

std::set<int> CheckpointDriver::RanksOf(wire::Role role) const {
  std::set<int> ranks;
  for (const Member& member : members_.members()) {
    if (member.description.role() == role) ranks.insert(member.description.rank());
  }
  return ranks;
}

void CheckpointDriver::Open() {
  phase_ = Phase::kOpening;
  requested_ = false;
  last_begun_ = clock_.Now();
  manifest_.Clear();
  failure_ = absl::OkStatus();
  overdue_ = false;
  pause_ = absl::ZeroDuration();
  opening_ = std::make_unique<Background<absl::StatusOr<uint64_t>>>(
      &executor_, [folder = folder_]() mutable { return folder.Begin(); });
}

void CheckpointDriver::EndOpening() {
  const auto number = opening_->Take();
  if (!number) return;
  opening_.reset();
  if (!number->ok()) return End(number->status());
  manifest_.set_number(**number);
  phase_ = Phase::kOpened;
}

absl::Status CheckpointDriver::Pause() {
  phase_ = Phase::kPausing;
  pause_begun_ = clock_.Now();
  pausing_ = RanksOf(wire::WORKER);
  wire::ControlMessage pause;
  pause.mutable_pause();
  return messenger_.SayToAll(wire::WORKER, pause);
}

absl::Status CheckpointDriver::Paused(int worker) {
  if (phase_ != Phase::kPausing || pausing_.erase(worker) == 0) {
    return FailedPrecondition(members_.Name(worker), " says that it pauses, and was not asked to");
  }
  return pausing_.empty() ? Cut() : absl::OkStatus();
}

absl::Status CheckpointDriver::Cut() {
  describe_(&manifest_);
  manifest_.set_time(::time(nullptr));
  manifest_.set_shoal(std::string(Version()));
  phase_ = Phase::kCopying;
  copying_ = writing_ = RanksOf(wire::SERVER);
  wire::ControlMessage freeze;
  freeze.mutable_freeze()->set_checkpoint(manifest_.number());
  freeze.mutable_freeze()->set_folder(folder_.PathOf(manifest_.number()));
  return messenger_.SayToAll(wire::SERVER, freeze);
}

absl::Status CheckpointDriver::Frozen(int server, const wire::Frozen& frozen) {
  if (phase_ != Phase::kCopying || frozen.checkpoint() != manifest_.number() || copying_.erase(server) == 0) {
    return FailedPrecondition(members_.Name(server), " says that it has copied its tables for checkpoint ",
                              frozen.checkpoint(), ", and was not asked to");
  }
  return copying_.empty() ? EndCut() : absl::OkStatus();
}

absl::Status CheckpointDriver::EndCut() {
  phase_ = Phase::kWriting;
  pause_ = clock_.Now() - pause_begun_;
  if (writing_.empty()) Publish();
  resting_ = last_ && !requested_;  // Asked while this one was at hand, another one comes.
  if (resting_) return absl::OkStatus();
  wire::ControlMessage resume;
  resume.mutable_resume();
  return messenger_.SayToAll(wire::WORKER, resume);
}

absl::Status CheckpointDriver::Written(int server, const wire::ShardsWritten& written) {
  if ((phase_ != Phase::kCopying && phase_ != Phase::kWriting) || written.checkpoint() != manifest_.number() ||
      writing_.erase(server) == 0) {
    return FailedPrecondition(members_.Name(server), " says that it has written checkpoint ", written.checkpoint(),
                              ", and was not asked to");
  }
  if (written.has_failure()) failure_ = Internal(members_.Name(server), ": ", written.failure());
  manifest_.mutable_shard()->MergeFrom(written.shard());
  if (writing_.empty() && phase_ == Phase::kWriting) Publish();
  return absl::OkStatus();
}

void CheckpointDriver::Publish() {
  phase_ = Phase::kPublishing;
  publishing_ = std::make_unique<Background<absl::Status>>(
      &executor_, [folder = folder_, manifest = manifest_, failure = failure_, keep = settings_.keep()]() mutable {
        absl::Status status = failure.ok() ? folder.Publish(manifest) : failure;
        // Where one came to nothing its files only take room, which may be what it lacked.
        (status.ok() ? folder.RemoveOld(keep) : folder.Remove(manifest.number())).IgnoreError();
        return status;
      });
}

void CheckpointDriver::End(const absl::Status& status) {
  phase_ = Phase::kIdle;
  overdue_ = false;
  publishing_.reset();
  outcome_ = {.number = manifest_.number(),
              .status = status,
              .pause_seconds = absl::ToDoubleSeconds(pause_),
              .total_seconds = absl::ToDoubleSeconds(clock_.Now() - last_begun_)};
  for (const checkpoint::Shard& shard : manifest_.shard()) outcome_->bytes += shard.bytes();
}

}  // namespace shoal
