#include "coordinator/messenger.h"

#include <string>

#include "common/status.h"
#include "common/transport/control.h"

namespace shoal {
namespace {

// For the last words to members of a job that ends.
constexpr absl::Duration kFarewell = absl::Milliseconds(500);

}  // namespace

absl::Status Messenger::Say(int rank, const wire::ControlMessage& message) {
  RETURN_IF_ERROR(SendControl(&endpoint_, rank, message, clock_.Now() + patience_))
      << members_.Name(rank) << " cannot be reached";
  return absl::OkStatus();
}

absl::Status Messenger::SayToAll(wire::Role role, const wire::ControlMessage& message) {
  for (const Member& member : members_.members()) {
    if (member.description.role() != role) continue;
    RETURN_IF_ERROR(Say(member.description.rank(), message));
  }
  return absl::OkStatus();
}

absl::Status Messenger::SendHeartbeats() {
  wire::ControlMessage heartbeat;
  heartbeat.mutable_heartbeat();
  for (const Member& member : members_.members()) {
    if (member.state == Member::State::kExpected) continue;
    RETURN_IF_ERROR(Say(member.description.rank(), heartbeat));
  }
  return absl::OkStatus();
}

void Messenger::StopAll(std::string_view reason) {
  const absl::Time deadline = clock_.Now() + kFarewell;
  wire::ControlMessage message;
  message.mutable_stop()->set_reason(reason.data(), reason.size());
  // A member that cannot be reached does not keep the others from hearing it.
  for (int rank = 1; rank < endpoint_.size(); ++rank) SendControl(&endpoint_, rank, message, deadline).IgnoreError();
  endpoint_.Flush(deadline).IgnoreError();
}

}  // namespace shoal
