#include "common/transport/control.h"

#include <unistd.h>

#include "absl/strings/ascii.h"
#include "common/machine.h"
#include "common/status.h"
#include "common/version.h"

namespace shoal {
namespace {

constexpr absl::Duration kFarewell = absl::Seconds(2);

wire::ControlMessage MakeHello(wire::Role role) {
  wire::ControlMessage message;
  wire::Hello* hello = message.mutable_hello();
  hello->set_protocol_version(kProtocolVersion);
  hello->set_role(role);
  hello->set_build(Cat("shoal ", Version(), " ", Compiler()));
  hello->set_host_id(HostId());
  hello->set_host_name(HostName());
  hello->set_pid(::getpid());
  hello->set_free_memory_bytes(Machine::Inspect().memory_bytes);
  return message;
}

absl::Status CheckVersion(const wire::Welcome& welcome) {
  if (welcome.protocol_version() == kProtocolVersion) return absl::OkStatus();
  return FailedPrecondition("the coordinator speaks protocol version ", welcome.protocol_version(),
                            ", this build (shoal ", Version(), ") speaks ", kProtocolVersion,
                            "; start every role of a job from the same installation");
}

absl::Status Stopped(const wire::Stop& stop) {
  return Aborted("the coordinator ended the job before it began", stop.reason().empty() ? "" : ": ", stop.reason());
}

}  // namespace

std::string KindName(const wire::ControlMessage& message) {
  const auto* kind = message.GetDescriptor()->oneof_decl(0);
  const auto* field = message.GetReflection()->GetOneofFieldDescriptor(message, kind);
  return field == nullptr ? "nothing" : field->name();
}

absl::Status SendControl(Endpoint* endpoint, int to, const wire::ControlMessage& message, absl::Time deadline) {
  const size_t bytes = message.ByteSizeLong();
  if (bytes > kMaxControlBytes) {
    return InvalidArgument("a ", KindName(message), " for rank ", to, " has ", bytes, " bytes, over the limit of ",
                           kMaxControlBytes, " for control messages");
  }
  Buffer payload(bytes);
  message.SerializeWithCachedSizesToArray(reinterpret_cast<uint8_t*>(payload.data()));
  RETURN_IF_ERROR(endpoint->Send(to, Channel::kControl, std::move(payload), deadline)) << KindName(message);
  return absl::OkStatus();
}

absl::StatusOr<wire::ControlMessage> ParseControl(int from, std::string_view bytes) {
  if (bytes.size() > kMaxControlBytes) {
    return DataLoss("a control message of rank ", from, " has ", bytes.size(), " bytes, over the limit of ",
                    kMaxControlBytes);
  }
  wire::ControlMessage message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return DataLoss("the ", bytes.size(), " bytes of a control message of rank ", from, " do not parse");
  }
  if (message.kind_case() == wire::ControlMessage::KIND_NOT_SET) {
    return DataLoss("a control message of rank ", from, " (", bytes.size(),
                    " bytes) is of no kind that this build knows");
  }
  return message;
}

absl::StatusOr<std::pair<int, wire::ControlMessage>> ReceiveControl(Endpoint* endpoint, absl::Time deadline) {
  ASSIGN_OR_RETURN(const Message received, endpoint->Receive(Channel::kControl, deadline));
  ASSIGN_OR_RETURN(wire::ControlMessage message, ParseControl(received.from, received.payload.view()));
  return std::pair(received.from, std::move(message));
}

std::string RoleName(wire::Role role) { return absl::AsciiStrToLower(wire::Role_Name(role)); }

absl::StatusOr<wire::Welcome> JoinJob(Endpoint* endpoint, Clock* clock, wire::Role role, absl::Duration silence) {
  RETURN_IF_ERROR(SendControl(endpoint, kCoordinatorRank, MakeHello(role), clock->Now() + silence));
  wire::ControlMessage heartbeat;
  heartbeat.mutable_heartbeat();
  absl::Time deadline = clock->Now() + silence;
  while (true) {
    const auto received = endpoint->Receive(Channel::kControl, deadline);
    if (absl::IsDeadlineExceeded(received.status())) {
      return DeadlineExceeded("rank ", endpoint->rank(), " waited for the coordinator's welcome and heard nothing for ",
                              absl::FormatDuration(silence));
    }
    if (!received.ok()) return received.status();
    // What others send is neither the coordinator's word nor its fault.
    if (received->from != kCoordinatorRank) continue;
    deadline = clock->Now() + silence;
    ASSIGN_OR_RETURN(wire::ControlMessage message, ParseControl(received->from, received->payload.view()));
    if (message.has_stop()) return Stopped(message.stop());
    if (message.has_welcome()) {
      RETURN_IF_ERROR(CheckVersion(message.welcome()));
      return std::move(*message.mutable_welcome());
    }
    if (!message.has_heartbeat()) {
      return FailedPrecondition("rank ", received->from, " sent ", KindName(message), " to rank ", endpoint->rank(),
                                " before its welcome");
    }
    RETURN_IF_ERROR(SendControl(endpoint, kCoordinatorRank, heartbeat, clock->Now() + silence));
  }
}

void ReportFailure(Endpoint* endpoint, Clock* clock, const absl::Status& failure, wire::Failed failed) {
  const absl::Time deadline = clock->Now() + kFarewell;
  wire::ControlMessage message;
  *message.mutable_failed() = std::move(failed);
  message.mutable_failed()->set_reason(std::string(ToStd(failure.message())));
  message.mutable_failed()->set_peer_lost(IsPeerLost(failure));
  if (!SendControl(endpoint, kCoordinatorRank, message, deadline).ok()) return;
  while (true) {
    const auto received = ReceiveControl(endpoint, deadline);
    if (!received.ok() || (received->first == kCoordinatorRank && received->second.has_stop())) return;
  }
}

}  // namespace shoal
