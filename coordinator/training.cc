#include "coordinator/training.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "common/host.h"
#include "common/job/derived.h"
#include "common/log.h"
#include "common/status.h"
#include "common/transport/control.h"

namespace shoal {
namespace {

// Below it embeddings are one point for all that a loss can tell.
constexpr double kCollapsedSpread = 0.05;

}  // namespace

Training::Training(const Parts& parts, Plan plan, uint64_t data_fingerprint, CheckpointFolder checkpoints)
    : parts_(parts),
      data_fingerprint_(data_fingerprint),
      ledger_(std::move(plan), TrainsInRounds(parts.job) ? parts.job.units_per_round() : 0),
      desk_(&ledger_, TrainsImages(parts.job) ? 1 : parts.job.workers()),
      folder_(std::move(checkpoints)) {}

absl::Status Training::Restore(const checkpoint::Manifest& from) {
  if (from.data_fingerprint() != data_fingerprint_) {
    return FailedPrecondition("the data is not what checkpoint ", from.number(), " in ", folder_.path(),
                              " was trained on: ", TrainsImages(parts_.job) ? "pictures were" : "a text was",
                              " changed; give another output folder, or --force to begin ", "anew");
  }
  restored_from_ = from.number();
  before_ = from.progress();
  return ledger_.Restore(from.ledger());
}

absl::Status Training::Begin() {
  ASSIGN_OR_RETURN(unit_log_, UnitLog::Create(folder_.output(), &parts_.clock, restored_from_));
  progress_.emplace(parts_.job.epochs(), ledger_.plan().work_total(), parts_.clock.Now(), before_);
  checkpoints_.emplace(parts_.job.checkpoint(), folder_, &parts_.messenger, &parts_.members, &parts_.clock,
                       &parts_.executor, EpochsDone(), [this](checkpoint::Manifest* manifest) { Describe(manifest); });
  return AnswerLeaseRequests();
}

void Training::End() {
  end_ = parts_.clock.Now();
  checkpoints_->OnlyRequested();
}

double Training::EpochsDone() const {
  return static_cast<double>(ledger_.counts().done) / static_cast<double>(ledger_.plan().units_per_epoch());
}

absl::Status Training::Handle(int from, const wire::ControlMessage& message) {
  if (message.has_lease_request()) return HandleLeaseRequest(from);
  if (begun()) {
    if (message.has_unit_progress()) return HandleReport(from, message.unit_progress());
    if (message.has_paused()) return checkpoints_->Paused(from);
    if (message.has_shards_written()) return checkpoints_->Written(from, message.shards_written());
    if (message.has_frozen()) {
      RETURN_IF_ERROR(checkpoints_->Frozen(from, message.frozen()));
      return AnswerLeaseRequests();
    }
  }
  return FailedPrecondition(parts_.members.Name(from), " sends \"", KindName(message), "\", which was not asked of it");
}

absl::Status Training::HandleLeaseRequest(int from) {
  const Member* member = parts_.members.Find(from);
  if (member == nullptr || member->state != Member::State::kReady || member->description.role() != wire::WORKER) {
    return FailedPrecondition(parts_.members.Name(from), " asks for a lease, but is not a worker that is ready");
  }
  desk_.Request(from);
  return AnswerLeaseRequests();
}

absl::Status Training::CheckLoss(int from, const Ledger::Place& place, wire::UnitProgress* report) {
  if (std::isfinite(report->loss_sum())) return absl::OkStatus();
  report->clear_loss_sum();
  report->clear_loss_pairs();
  parts_.board.CountNonfinite();
  const std::string what = Cat("the loss of unit ", place.planned.unit, " (items ", place.planned.range.begin, " to ",
                               place.planned.range.end, ") of epoch ", place.planned.epoch + 1, " on ",
                               parts_.members.Name(from), " is not a number");
  if (++nonfinite_ == 1) LogWarning(what, "; such pairs are left out");
  if (nonfinite_ <= parts_.job.max_nonfinite()) return absl::OkStatus();
  return Aborted(what, ", which was reported ", nonfinite_, " times, more than max_nonfinite, ",
                 parts_.job.max_nonfinite(), ": training diverged; lower ",
                 TrainsImages(parts_.job) ? "encoder.optimizer.learning_rate" : "objective.skip_gram.learning_rate");
}

absl::Status Training::HandleReport(int from, wire::UnitProgress report) {
  const std::optional<Ledger::Place> place = ledger_.PlaceOf(report.lease());
  const absl::Status entered = ledger_.Report(from, report);
  // Of a lease that its sender does hold, a report that makes no sense leaves a unit that nobody will end.
  if (absl::IsInvalidArgument(entered)) return Aborted(parts_.members.Name(from), ": ", ToStd(entered.message()));
  RETURN_IF_ERROR(entered) << "a report of " << parts_.members.Name(from);
  RETURN_IF_ERROR(CheckLoss(from, *place, &report));
  progress_->Add(report, place->planned.epoch);
  parts_.board.ShowReport(report);
  if (report.has_knn()) parts_.log.Measured(report.knn(), progress_->words());
  if (!report.done()) return absl::OkStatus();
  unit_log_->Done(*place, from);
  return AnswerLeaseRequests();
}

double Training::CpuSeconds() const {
  return progress_->cpu_seconds_before() + parts_.members.cpu_seconds() + ProcessCpuSeconds();
}

double Training::PartOfCpuTaken() const {
  const double most = parts_.job.max_cpu_seconds();
  return most > 0 ? CpuSeconds() / most : 0;
}

absl::Status Training::AnswerLeaseRequests() {
  if (!begun() || end_ || checkpoints_->pausing()) return absl::OkStatus();
  const double cpu = PartOfCpuTaken();
  if (cpu >= 1) ledger_.EndPlan();
  for (LeaseDesk::Answer& answer : desk_.Answers(/*end_round=*/checkpoints_->waits_for_cut())) {
    wire::ControlMessage message;
    if (answer.lease) {
      *message.mutable_lease() = *std::move(answer.lease);
      wire::Lease& lease = *message.mutable_lease();
      lease.set_progress(std::max(cpu, static_cast<double>(lease.words_before()) / lease.words_total()));
    } else {
      message.mutable_no_more_leases();
    }
    RETURN_IF_ERROR(parts_.messenger.Say(answer.worker, message));
  }
  return absl::OkStatus();
}

absl::Status Training::Tick() {
  if (!begun()) return absl::OkStatus();
  RETURN_IF_ERROR(checkpoints_->Tick(EpochsDone(), ledger_.may_save()));
  if (const auto outcome = checkpoints_->TakeOutcome()) {
    parts_.log.TookCheckpoint(*outcome);
    parts_.board.ShowCheckpoint(*outcome);
    if (outcome->status.ok()) last_checkpoint_ = outcome->number;
    // One that came to nothing may have ended the workers' rest.
    return AnswerLeaseRequests();
  }
  return absl::OkStatus();
}

void Training::ShowProgress() {
  ProgressSnapshot snapshot = progress_->Take(parts_.clock.Now());
  snapshot.work = WorkName(parts_.job);
  if (const double cpu = PartOfCpuTaken(); cpu > snapshot.fraction) {
    snapshot.fraction = std::min(cpu, 1.0);
    snapshot.eta_seconds = progress_->seconds(parts_.clock.Now()) * (1 / snapshot.fraction - 1);
  }
  parts_.board.ShowProgress(snapshot);
  parts_.log.Progressed(snapshot);
  WarnOfCollapse(snapshot);
}

void Training::WarnOfCollapse(const ProgressSnapshot& progress) {
  // An untrained net's may be as near to each other: it has an epoch to part them.
  if (collapse_told_ || !progress.embeddings || progress.epoch < 2) return;
  if (progress.embeddings->spread() >= kCollapsedSpread) return;
  collapse_told_ = true;
  LogWarning("the embeddings have collapsed: their standard deviation is ", progress.embeddings->spread(),
             " of the 1 of embeddings that fill the sphere; lower encoder.optimizer.learning_rate, or raise the "
             "objective's temperature or momentum");
}

void Training::Describe(checkpoint::Manifest* manifest) {
  unit_log_->Cut(manifest->number());
  *manifest->mutable_job() = parts_.job;
  manifest->set_data_fingerprint(data_fingerprint_);
  *manifest->mutable_ledger() = ledger_.Save();
  *manifest->mutable_progress() = progress_->Save(end());
  manifest->mutable_progress()->set_cpu_seconds(CpuSeconds());
}

}  // namespace shoal
