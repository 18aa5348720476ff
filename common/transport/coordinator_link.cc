#include "common/transport/coordinator_link.h"

#include <algorithm>

#include "common/host.h"
#include "common/log.h"
#include "common/status.h"
#include "common/transport/control.h"

namespace shoal {
namespace {

// A hostile rank must not fill the log.
constexpr uint64_t kDropsLogged = 5;

}  // namespace

CoordinatorLink::CoordinatorLink(Endpoint* endpoint, Clock* clock, wire::Role role, const wire::Welcome& welcome)
    : endpoint_(endpoint),
      clock_(clock),
      name_(Cat(RoleName(role), " ", welcome.index(), " (rank ", endpoint->rank(), ")")),
      interval_(absl::Seconds(welcome.job().heartbeats().interval_seconds())),
      dead_after_(absl::Seconds(welcome.job().heartbeats().dead_after_seconds())),
      heartbeat_due_(clock->Now() + interval_),
      listening_(interval_, clock->Now()) {}

absl::Status CoordinatorLink::Send(const wire::ControlMessage& message) {
  const absl::Time now = clock_->Now();
  heartbeat_due_ = now + interval_;
  RETURN_IF_ERROR(SendControl(endpoint_, kCoordinatorRank, message, now + dead_after_)) << name_;
  return absl::OkStatus();
}

absl::Status CoordinatorLink::SendTo(int rank, const wire::ControlMessage& message) {
  RETURN_IF_ERROR(SendControl(endpoint_, rank, message, clock_->Now() + dead_after_)) << name_;
  return absl::OkStatus();
}

absl::StatusOr<std::optional<wire::ControlMessage>> CoordinatorLink::Receive(absl::Time deadline) {
  const auto message = endpoint_->Receive(Channel::kControl, std::min(deadline, heartbeat_due_));
  if (message.ok()) {
    ASSIGN_OR_RETURN(auto word, Take(*message));
    if (word) return word;
  } else if (!absl::IsDeadlineExceeded(message.status())) {
    return message.status();
  }
  RETURN_IF_ERROR(KeepInTouch().status());
  return std::nullopt;
}

absl::StatusOr<std::optional<wire::ControlMessage>> CoordinatorLink::Take(const Message& message) {
  if (message.from != kCoordinatorRank && message.from != also_heard_) {
    if (++dropped_ <= kDropsLogged) {
      LogWarning(name_, ": a control message of rank ", message.from, " is dropped; only the coordinator's count");
    }
    return std::nullopt;
  }
  if (message.from == kCoordinatorRank) ForgiveSilence();
  ASSIGN_OR_RETURN(wire::ControlMessage control, ParseControl(message.from, message.payload.view()));
  if (control.has_stop() && !control.stop().reason().empty()) {
    return Aborted("the coordinator ended the job: ", control.stop().reason());
  }
  if (control.has_heartbeat()) return std::nullopt;
  return control;
}

absl::StatusOr<bool> CoordinatorLink::KeepInTouch() {
  const absl::Time now = clock_->Now();
  silence_ += listening_.Look(now);
  if (silence_ > dead_after_) {
    return DeadlineExceeded(name_, " has heard nothing from the coordinator (rank ", kCoordinatorRank, ") for ",
                            absl::FormatDuration(silence_), ", longer than heartbeats.dead_after_seconds: it is dead",
                            " or cut off");
  }
  if (now < heartbeat_due_) return false;
  wire::ControlMessage heartbeat;
  heartbeat.mutable_heartbeat()->set_cpu_seconds(ProcessCpuSeconds());
  RETURN_IF_ERROR(Send(heartbeat));
  return true;
}

void CoordinatorLink::ForgiveSilence() {
  silence_ = absl::ZeroDuration();
  listening_.Look(clock_->Now());
}

}  // namespace shoal
