#include "paramserver/server.h"

#include <memory>
#include <utility>

#include "common/latency_counts.h"
#include "common/log.h"
#include "common/metrics/metrics.h"
#include "common/metrics/server_metrics.h"
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
// A hostile rank must not fill the log.
constexpr uint64_t kDropsLogged = 5;

std::vector<std::string> NamesOf(const wire::Welcome& welcome) {
  std::vector<std::string> names;
  for (const wire::TableSpec& table : welcome.table()) names.push_back(table.name());
  return names;
}

class Server {
 public:
  Server(Endpoint* endpoint, Clock* clock, wire::Welcome welcome)
      : endpoint_(endpoint),
        clock_(clock),
        welcome_(std::move(welcome)),
        place_{.job_token = welcome_.job_token(), .server = welcome_.index(), .servers = welcome_.job().servers()},
        heartbeat_interval_(absl::Seconds(welcome_.job().heartbeats().interval_seconds())),
        dead_after_(absl::Seconds(welcome_.job().heartbeats().dead_after_seconds())),
        server_(Metrics::Start(welcome_.job().metrics(), endpoint->rank())),
        metrics_(server_->registry(), NamesOf(welcome_)),
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
  void Count(const RowService::Outcome& outcome);
  void PublishGauges();
  // Counts what is passed over, and logs the first of it.
  void Drop(const std::string& why);

  Endpoint* const endpoint_;
  Clock* const clock_;
  const wire::Welcome welcome_;
  const ServerPlace place_;
  const absl::Duration heartbeat_interval_;
  const absl::Duration dead_after_;
  const std::unique_ptr<Metrics> server_;
  ServerMetrics metrics_;
  LatencyCounts handling_seconds_;
  RowService rows_;
  absl::Time coordinator_heard_;
  absl::Time heartbeat_due_ = absl::InfinitePast();
  uint64_t dropped_ = 0;
  bool stopped_ = false;
};

absl::Status Server::Prepare() {
  wire::ControlMessage message;
  for (const wire::TableSpec& spec : welcome_.table()) {
    RETURN_IF_ERROR(AddTable(spec, message.mutable_ready()));
  }
  message.mutable_ready()->set_metrics_address(server_->address());
  return SendControl(endpoint_, kCoordinatorRank, message, clock_->Now() + dead_after_);
}

absl::Status Server::AddTable(const wire::TableSpec& spec, wire::Ready* ready) {
  ASSIGN_OR_RETURN(auto table, Table::Create(spec, place_));
  while (!stopped_ && !table->InitializeSome()) {
    const auto message = endpoint_->Receive(Channel::kControl, absl::InfinitePast());
    if (message.ok()) {
      RETURN_IF_ERROR(HandleControl(*message));
    }
    // A message a part is taken in, and a part may take its time: silence proves nothing here.
    coordinator_heard_ = clock_->Now();
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
  PublishGauges();
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
      Drop(Cat("rank ", message.from, " sent an answer to a server, which asks nothing"));
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

void Server::Drop(const std::string& why) {
  metrics_.CountRefusal("DROPPED");
  if (++dropped_ <= kDropsLogged) LogWarning(why, "; dropped");
}

// Only the coordinator's word counts. Its bytes are trusted to parse: where they don't, another build is speaking.
absl::Status Server::HandleControl(const Message& message) {
  if (message.from != kCoordinatorRank) {
    Drop(Cat("rank ", message.from, " sent a control message to a server, which listens to the coordinator"));
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
  const absl::Time arrived = clock_->Now();
  RowService::Outcome outcome = rows_.Handle(message.from, message.payload);
  metrics_.received_bytes.Increment(static_cast<double>(message.payload.size()));
  metrics_.sent_bytes.Increment(static_cast<double>(outcome.answer.size()));
  Count(outcome);
  const auto sent =
      endpoint_->Send(message.from, Channel::kRowResponses, std::move(outcome.answer), clock_->Now() + kAnswerTimeout);
  if (!sent.ok()) Drop(Cat("an answer to rank ", message.from, " cannot leave: ", ToStd(sent.message())));
  handling_seconds_.Add(absl::ToDoubleSeconds(clock_->Now() - arrived));
  return absl::OkStatus();
}

void Server::Count(const RowService::Outcome& outcome) {
  if (outcome.code != absl::StatusCode::kOk) return metrics_.CountRefusal(absl::StatusCodeToString(outcome.code));
  if (outcome.repeated) return metrics_.replayed_pushes.Increment();
  if (outcome.kind == RowKind::kHello) return metrics_.handshakes.Increment();
  ServerMetrics::Table& table = metrics_.tables[outcome.table];
  ServerMetrics::Operation& operation = outcome.kind == RowKind::kPull          ? table.pull
                                        : outcome.kind == RowKind::kPushChanges ? table.push_changes
                                                                                : table.push_gradients;
  operation.requests.Increment();
  operation.rows.Increment(outcome.rows);
}

void Server::PublishGauges() {
  for (size_t i = 0; i < rows_.stores().size(); ++i) {
    metrics_.tables[i].rows.Set(static_cast<double>(rows_.stores()[i]->rows()));
    metrics_.tables[i].bytes.Set(static_cast<double>(rows_.stores()[i]->bytes()));
  }
  metrics_.queued_bytes.Set(static_cast<double>(endpoint_->queued_bytes()));
  metrics_.handling_seconds.Publish(handling_seconds_);
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
  if (!status.ok() && !absl::IsAborted(status)) ReportFailure(endpoint, clock, status);
  return status;
}

}  // namespace shoal
