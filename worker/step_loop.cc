#include "worker/step_loop.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/host.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "worker/flush_tables.h"

namespace shoal {

StepLoop::StepLoop(CoordinatorLink* link, Clock* clock, const wire::Welcome& welcome, ParameterClient* client,
                   Objective* objective, StepMeter* meter)
    : link_(*link),
      clock_(*clock),
      welcome_(welcome),
      client_(*client),
      objective_(*objective),
      meter_(*meter),
      team_(Team::Of(welcome)),
      report_interval_(std::min(kReportInterval, link->heartbeat_interval())),
      last_report_(clock->Now()),
      last_look_(clock->Now()) {}

absl::Status StepLoop::Run() {
  // A worker that waits for a server's rows still sends heartbeats and hears Stop.
  client_.OnWait([this] { return Listen(); });
  if (team_.follows()) link_.Hear(team_.leader);
  RETURN_IF_ERROR(Ask());
  while (!stop_) {
    RETURN_IF_ERROR(Listen());
    if (rest_ == Rest::kAsked && team_.follows()) {
      RETURN_IF_ERROR(AnswerPause());
    } else if (current_) {
      RETURN_IF_ERROR(Step());
    } else if (rest_ == Rest::kAsked) {
      RETURN_IF_ERROR(Pause());
    } else if (AtWork() && !next_.empty()) {
      RETURN_IF_ERROR(BeginUnit());
    } else if (AtWork() && finish_) {
      RETURN_IF_ERROR(Finish());
    }
  }
  return absl::OkStatus();
}

absl::Status StepLoop::Listen() {
  const absl::Time now = clock_.Now();
  if (!idle() && now - last_look_ < kLookInterval) return absl::OkStatus();
  const absl::Time deadline = idle() ? now + link_.heartbeat_interval() : absl::InfinitePast();
  ASSIGN_OR_RETURN(const std::optional<wire::ControlMessage> message, link_.Receive(deadline));
  last_look_ = clock_.Now();
  if (idle() && AtWork() && awaiting_lease_) meter_.AddLeaseWait(absl::ToDoubleSeconds(last_look_ - now));
  return message ? Handle(*message) : absl::OkStatus();
}

absl::Status StepLoop::Handle(const wire::ControlMessage& message) {
  switch (message.kind_case()) {
    case wire::ControlMessage::kLease:
      return TakeLease(message);
    case wire::ControlMessage::kNoMoreLeases:
      awaiting_lease_ = false;
      return absl::OkStatus();
    case wire::ControlMessage::kPause:
      // Answered between two steps: this may be called from the middle of a wait for servers.
      rest_ = Rest::kAsked;
      return absl::OkStatus();
    case wire::ControlMessage::kResume:
      rest_ = Rest::kNone;
      return absl::OkStatus();
    case wire::ControlMessage::kFinish:
      finish_ = true;
      return absl::OkStatus();
    case wire::ControlMessage::kStop:
      stop_ = true;
      return absl::OkStatus();
    default:
      return Internal("the coordinator sends a worker in training \"", KindName(message), "\"");
  }
}

absl::Status StepLoop::TakeLease(const wire::ControlMessage& message) {
  // A follower may still be at the end of a unit that the leader has left.
  const size_t most = kMaxLeasesPerWorker + (team_.follows() ? 1 : 0);
  if (next_.size() + (current_ ? 1 : 0) == most) {
    return Internal("more than ", most, " leases at a time are given to a worker");
  }
  awaiting_lease_ = false;
  for (const int follower : team_.followers) {
    RETURN_IF_ERROR(link_.SendTo(follower, message));
  }
  next_.push_back(message.lease());
  objective_.Foretell(message.lease());
  return absl::OkStatus();
}

absl::Status StepLoop::Ask() {
  if (team_.follows()) return absl::OkStatus();
  awaiting_lease_ = true;
  wire::ControlMessage message;
  message.mutable_lease_request();
  return link_.Send(message);
}

absl::Status StepLoop::BeginUnit() {
  current_ = std::move(next_.front());
  next_.pop_front();
  if (current_->has_turn()) client_.BeginTurn(current_->turn());
  RETURN_IF_ERROR(objective_.Begin(*current_));
  return Ask();
}

absl::Status StepLoop::Step() {
  ASSIGN_OR_RETURN(const StepReport step, objective_.Step());
  meter_.AddStep(step);
  if (step.unit_done) return EndUnit();
  // A measurement is told before what is trained after it.
  const bool due = step.knn.has_value() || clock_.Now() - last_report_ >= report_interval_;
  return due ? Report(/*done=*/false) : absl::OkStatus();
}

absl::Status StepLoop::EndUnit() {
  if (next_.empty() || current_->has_turn()) {
    RETURN_IF_ERROR(FlushTables(welcome_, &client_));
  }
  if (current_->has_turn()) {
    RETURN_IF_ERROR(client_.EndTurn());
  }
  RETURN_IF_ERROR(Report(/*done=*/true));
  current_.reset();
  return absl::OkStatus();
}

absl::Status StepLoop::Report(bool done) {
  last_report_ = clock_.Now();
  wire::ControlMessage message;
  *message.mutable_unit_progress() = meter_.Report(current_->id(), done);
  message.mutable_unit_progress()->set_cpu_seconds(ProcessCpuSeconds());
  // The leader speaks for all; the coordinator hears heartbeats of the others.
  return team_.follows() ? absl::OkStatus() : link_.Send(message);
}

absl::Status StepLoop::Pause() {
  RETURN_IF_ERROR(objective_.Save());
  rest_ = Rest::kPaused;
  return SayPaused();
}

// A follower's work of the unit is on the servers when the leader's is done: it need not rest itself.
absl::Status StepLoop::AnswerPause() {
  rest_ = Rest::kNone;
  return SayPaused();
}

absl::Status StepLoop::SayPaused() {
  RETURN_IF_ERROR(FlushTables(welcome_, &client_));
  wire::ControlMessage message;
  message.mutable_paused();
  return link_.Send(message);
}

absl::Status StepLoop::Finish() {
  RETURN_IF_ERROR(FlushTables(welcome_, &client_));
  ASSIGN_OR_RETURN(const std::vector<std::string> files, objective_.Export(welcome_.output_directory()));
  wire::ControlMessage message;
  for (const std::string& file : files) message.mutable_finished()->add_file(file);
  if (files.empty()) message.mutable_finished();
  finish_ = false;
  return link_.Send(message);
}

}  // namespace shoal
