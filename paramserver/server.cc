#include "paramserver/server.h"

#include <memory>
#include <utility>

#include "common/log.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "paramserver/row_service.h"
#include "paramserver/table.h"
#include "proto/wire.pb.h"

namespace shoal {
namespace {

// For the coordinator's first sign of life; mpirun starts all ranks within seconds of each other.
constexpr absl::Duration kJoinSilence = absl::Seconds(60);
// An answer that cannot leave by then is dropped: a client that takes nothing must not stop the others, and asks again.
constexpr absl::Duration kAnswerTimeout = absl::Milliseconds(200);
constexpr absl::Duration kFarewellTimeout = absl::Seconds(1);

class Server {
 public:
  Server(Endpoint* endpoint, Clock* clock, wire::Welcome welcome)
      : endpoint_(endpoint),
        clock_(clock),
        welcome_(std::move(welcome)),
        place_{.job_token = welcome_.job_token(), .server = welcome_.index(), .servers = welcome_.job().servers()},
        heartbeat_interval_(absl::Seconds(welcome_.job().heartbeats().interval_seconds())),
        dead_after_(absl::Seconds(welcome_.job().heartbeats().dead_after_seconds())),
        rows_(place_),
        coordinator_heard_(clock->Now()) {}

  // Makes all tables, then says Ready.
  absl::Status Prepare();
  absl::Status Serve();

 private:
  absl::Status AddTable(const wire::TableSpec& spec, wire::Ready* ready);
  // Sends a heartbeat when one is due, and looks whether the coordinator still sends its own.
  absl::Status KeepInTouch();
  absl::Status Handle(Message message);
  absl::Status HandleControl(const Message& message);
  absl::Status AnswerRows(const Message& message);

  Endpoint* const endpoint_;
  Clock* const clock_;
  const wire::Welcome welcome_;
  const ServerPlace place_;
  const absl::Duration heartbeat_interval_;
  const absl::Duration dead_after_;
  RowService rows_;
  absl::Time coordinator_heard_;
  absl::Time heartbeat_due_ = absl::InfinitePast();
  bool stopped_ = false;
};

absl::Status Server::Prepare() {
  wire::ControlMessage message;
  for (const wire::TableSpec& spec : welcome_.table()) {
    RETURN_IF_ERROR(AddTable(spec, message.mutable_ready()));
  }
  return SendControl(endpoint_, kCoordinatorRank, message, clock_->Now() + dead_after_);
}

absl::Status Server::AddTable(const wire::TableSpec& spec, wire::Ready* ready) {
  ASSIGN_OR_RETURN(auto table, Table::Create(spec, place_));
  while (!stopped_ && !table->InitializeSome()) {
    const auto message = endpoint_->Receive(Channel::kControl, absl::InfinitePast());
    if (message.ok()) {
      RETURN_IF_ERROR(HandleControl(*message));
    }
    RETURN_IF_ERROR(KeepInTouch());
  }
  *ready->add_segment() = table->segment();
  rows_.Add(std::move(table));
  return absl::OkStatus();
}

absl::Status Server::Serve() {
  while (!stopped_) {
    auto message = endpoint_->ReceiveAny(heartbeat_due_);
    if (message.ok()) {
      RETURN_IF_ERROR(Handle(*std::move(message)));
    } else if (!absl::IsDeadlineExceeded(message.status())) {
      return message.status();
    }
    RETURN_IF_ERROR(KeepInTouch());
  }
  return absl::OkStatus();
}

absl::Status Server::KeepInTouch() {
  const absl::Time now = clock_->Now();
  if (now < heartbeat_due_) return absl::OkStatus();
  // Looked at once an interval: control messages come first, so a heartbeat that arrived has been seen by then.
  if (now - coordinator_heard_ > dead_after_) {
    return DeadlineExceeded("parameter server ", place_.server, " has heard nothing from the coordinator (rank ",
                            kCoordinatorRank, ") for ", absl::FormatDuration(now - coordinator_heard_),
                            ", longer than heartbeats.dead_after_seconds: it is dead or cut off");
  }
  heartbeat_due_ = now + heartbeat_interval_;
  wire::ControlMessage message;
  message.mutable_heartbeat();
  return SendControl(endpoint_, kCoordinatorRank, message, now + dead_after_);
}

absl::Status Server::Handle(Message message) {
  switch (message.channel) {
    case Channel::kControl:
      return HandleControl(message);
    case Channel::kRowRequests:
      return AnswerRows(message);
    case Channel::kRowResponses:
      LogWarning("rank ", message.from, " sent an answer to a server, which asks nothing; dropped");
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

// Only the coordinator's word counts; what does not parse or is not for a server is dropped.
absl::Status Server::HandleControl(const Message& message) {
  if (message.from != kCoordinatorRank) {
    LogWarning("rank ", message.from, " sent a control message to a server, which listens to the coordinator; dropped");
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const wire::ControlMessage control, ParseControl(message.from, message.payload.view()));
  coordinator_heard_ = clock_->Now();
  if (!control.has_stop()) return absl::OkStatus();
  stopped_ = true;
  if (control.stop().reason().empty()) return absl::OkStatus();
  return Aborted("the coordinator ended the job: ", control.stop().reason());
}

absl::Status Server::AnswerRows(const Message& message) {
  RowService::Outcome outcome = rows_.Handle(message.from, message.payload);
  const auto sent =
      endpoint_->Send(message.from, Channel::kRowResponses, std::move(outcome.answer), clock_->Now() + kAnswerTimeout);
  if (!sent.ok()) LogWarning("an answer to rank ", message.from, " is dropped: ", ToStd(sent.message()));
  return absl::OkStatus();
}

absl::Status Run(Endpoint* endpoint, Clock* clock) {
  ASSIGN_OR_RETURN(wire::Welcome welcome, JoinJob(endpoint, clock, wire::SERVER, kJoinSilence));
  Server server(endpoint, clock, std::move(welcome));
  RETURN_IF_ERROR(server.Prepare());
  return server.Serve();
}

}  // namespace

absl::Status RunServer(Endpoint* endpoint, Clock* clock) {
  const absl::Status status = Run(endpoint, clock);
  if (status.ok() || absl::IsAborted(status)) return status;
  wire::ControlMessage message;
  message.mutable_failed()->set_reason(std::string(ToStd(status.message())));
  const absl::Time deadline = clock->Now() + kFarewellTimeout;
  // The failure itself is what the caller must hear; that the coordinator could not be told adds nothing.
  if (SendControl(endpoint, kCoordinatorRank, message, deadline).ok()) endpoint->Flush(deadline).IgnoreError();
  return status;
}

}  // namespace shoal
