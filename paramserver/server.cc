#include "paramserver/server.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/latency_counts.h"
#include "common/log.h"
#include "common/metrics/metrics.h"
#include "common/metrics/server_metrics.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "common/transport/coordinator_link.h"
#include "paramserver/checkpoint_writer.h"
#include "paramserver/row_service.h"
#include "paramserver/table.h"
#include "proto/wire.pb.h"

namespace shoal {
namespace {

// An answer that cannot leave by then is dropped: a client that takes nothing must not stop the others, and asks again.
constexpr absl::Duration kAnswerTimeout = absl::Milliseconds(200);
// A hostile rank must not fill the log.
constexpr uint64_t kDropsLogged = 5;
// While a thread writes a checkpoint, its end is looked for so often.
constexpr absl::Duration kWaitForWriter = absl::Milliseconds(10);

std::vector<std::string> NamesOf(const wire::Welcome& welcome) {
  std::vector<std::string> names;
  for (const wire::TableSpec& table : welcome.table()) names.push_back(table.name());
  return names;
}

class Server {
 public:
  Server(Endpoint* endpoint, const Platform& platform, wire::Welcome welcome)
      : endpoint_(endpoint),
        clock_(platform.clock),
        files_(platform.files),
        welcome_(std::move(welcome)),
        place_{.job_token = welcome_.job_token(), .server = welcome_.index(), .servers = welcome_.job().servers()},
        link_(endpoint, clock_, wire::SERVER, welcome_),
        server_(Metrics::Start(welcome_.job().metrics(), endpoint->rank())),
        metrics_(server_->registry(), NamesOf(welcome_)),
        rows_(place_),
        checkpoint_(files_, platform.executor, place_) {}

  // Makes all tables, or loads them, then says Ready.
  absl::Status Prepare();
  absl::Status Serve();

  // The cause of a failure was a shard that cannot be loaded.
  bool checkpoint_damaged() const { return checkpoint_damaged_; }

 private:
  absl::Status AddTable(const wire::TableSpec& spec, wire::Ready* ready);
  absl::Status Initialize(Table* table);
  absl::Status Restore(Store* store, uint32_t number);
  absl::Status LoadShard(Store* store, const checkpoint::Shard& shard);
  // Between two parts of a long work: takes in one message of the coordinator's.
  absl::Status HearCoordinator();
  absl::Status Freeze(const wire::Freeze& freeze);
  absl::Status ReportShards();
  // As the link; with each heartbeat the gauges are brought up to date.
  absl::Status KeepInTouch();
  absl::Status Handle(Message message);
  absl::Status HandleControl(const Message& message);
  absl::Status AnswerRows(Message message);
  // Once there is an answer: a pull, or the end of a turn, may have to wait for its round.
  void AnswerOrDefer(int client, Buffer request);
  void Count(const RowService::Outcome& outcome);
  void PublishGauges();
  // Counts what is passed over, and logs the first of it.
  void Drop(const std::string& why);

  Endpoint* const endpoint_;
  Clock* const clock_;
  FileSystem* const files_;
  const wire::Welcome welcome_;
  const ServerPlace place_;
  CoordinatorLink link_;
  const std::unique_ptr<Metrics> server_;
  ServerMetrics metrics_;
  LatencyCounts handling_seconds_;
  RowService rows_;
  CheckpointWriter checkpoint_;
  bool checkpoint_damaged_ = false;
  uint64_t dropped_ = 0;
  bool stopped_ = false;
};

absl::Status Server::Prepare() {
  wire::ControlMessage message;
  for (const wire::TableSpec& spec : welcome_.table()) {
    RETURN_IF_ERROR(AddTable(spec, message.mutable_ready()));
  }
  message.mutable_ready()->set_metrics_address(server_->address());
  return link_.Send(message);
}

absl::Status Server::AddTable(const wire::TableSpec& spec, wire::Ready* ready) {
  ASSIGN_OR_RETURN(auto table, Table::Create(spec, place_));
  RETURN_IF_ERROR(welcome_.has_restore() ? Restore(table.get(), spec.id()) : Initialize(table.get()));
  *ready->add_segment() = table->segment();
  rows_.Add(std::move(table));
  return absl::OkStatus();
}

absl::Status Server::Initialize(Table* table) {
  while (!stopped_ && !table->InitializeSome()) {
    RETURN_IF_ERROR(HearCoordinator());
  }
  return absl::OkStatus();
}

absl::Status Server::Restore(Store* store, uint32_t number) {
  uint32_t shards = 0;
  for (const checkpoint::Shard& shard : welcome_.restore().shard()) {
    if (shard.store() != number) continue;
    ++shards;
    // Rows lie by key and number of servers: with as many as then, this server's shard holds all that it needs.
    if (shard.servers() == place_.servers && shard.server() != place_.server) continue;
    if (shard.layout() != store->layout()) {
      return FailedPrecondition(welcome_.restore().folder(), "/", shard.file(), " holds a ", shard.layout(),
                                ", and the job has a ", store->layout());
    }
    RETURN_IF_ERROR(LoadShard(store, shard));
  }
  if (shards > 0) return absl::OkStatus();
  return FailedPrecondition(welcome_.restore().folder(), " holds nothing of ", store->layout());
}

absl::Status Server::LoadShard(Store* store, const checkpoint::Shard& shard) {
  // The coordinator has looked at its size: where it is another here, it is another file.
  const auto opened = ShardReader::Open(files_, welcome_.restore().folder(), shard);
  RETURN_IF_ERROR(opened.status()) << "the output folder must be on a file system that all hosts share";
  const auto& reader = *opened;
  while (!stopped_) {
    const auto block = reader->Next();
    const absl::Status status = !block.ok() ? block.status() : *block ? store->Load(**block) : absl::OkStatus();
    checkpoint_damaged_ = absl::IsDataLoss(status);
    RETURN_IF_ERROR(status) << shard.file();
    if (!*block) break;
    RETURN_IF_ERROR(HearCoordinator());
  }
  return absl::OkStatus();
}

absl::Status Server::HearCoordinator() {
  const auto message = endpoint_->Receive(Channel::kControl, absl::InfinitePast());
  if (message.ok()) {
    RETURN_IF_ERROR(HandleControl(*message));
  }
  // A message a part is taken in, and a part may take its time.
  link_.ForgiveSilence();
  return KeepInTouch();
}

absl::Status Server::Serve() {
  while (!stopped_) {
    // Control messages come first: a heartbeat that arrived has been seen before silence is judged.
    RETURN_IF_ERROR(KeepInTouch());
    RETURN_IF_ERROR(ReportShards());
    const absl::Time wake_up = checkpoint_.busy() ? clock_->Now() + kWaitForWriter : absl::InfiniteFuture();
    auto message = endpoint_->ReceiveAny(std::min(wake_up, link_.heartbeat_due()));
    if (message.ok()) {
      RETURN_IF_ERROR(Handle(*std::move(message)));
    } else if (absl::IsDataLoss(message.status())) {
      Drop(std::string(message.status().message()));
    } else if (!absl::IsDeadlineExceeded(message.status())) {
      return message.status();
    }
  }
  return absl::OkStatus();
}

absl::Status Server::KeepInTouch() {
  ASSIGN_OR_RETURN(const bool heartbeat_sent, link_.KeepInTouch());
  if (heartbeat_sent) PublishGauges();
  return absl::OkStatus();
}

absl::Status Server::Handle(Message message) {
  switch (message.channel) {
    case Channel::kControl:
      return HandleControl(message);
    case Channel::kRowRequests:
      return AnswerRows(std::move(message));
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

absl::Status Server::HandleControl(const Message& message) {
  if (message.from != kCoordinatorRank) {
    Drop(Cat("rank ", message.from, " sent a control message to a server, which listens to the coordinator"));
    return absl::OkStatus();
  }
  ASSIGN_OR_RETURN(const std::optional<wire::ControlMessage> control, link_.Take(message));
  if (control && control->has_freeze()) return Freeze(control->freeze());
  stopped_ = control && control->has_stop();
  return absl::OkStatus();
}

// The workers are at rest: nothing changes the tables until the coordinator has heard Frozen.
absl::Status Server::Freeze(const wire::Freeze& freeze) {
  if (!rows_.between_rounds()) return Internal("a checkpoint is asked for within a round, whose changes it would lose");
  RETURN_IF_ERROR(checkpoint_.Begin(freeze));
  while (!stopped_ && !checkpoint_.FreezeSome(rows_.stores())) {
    RETURN_IF_ERROR(HearCoordinator());
  }
  wire::ControlMessage message;
  message.mutable_frozen()->set_checkpoint(freeze.checkpoint());
  return link_.Send(message);
}

absl::Status Server::ReportShards() {
  auto written = checkpoint_.Take();
  if (!written) return absl::OkStatus();
  wire::ControlMessage message;
  *message.mutable_shards_written() = *std::move(written);
  return link_.Send(message);
}

absl::Status Server::AnswerRows(Message message) {
  const absl::Time arrived = clock_->Now();
  metrics_.received_bytes.Increment(static_cast<double>(message.payload.size()));
  AnswerOrDefer(message.from, std::move(message.payload));
  // The end of a turn that waited may end its round, for which others wait.
  for (auto due = rows_.TakeDue(); !due.empty(); due = rows_.TakeDue()) {
    for (Rounds::Request& request : due) AnswerOrDefer(request.client, std::move(request.message));
  }
  handling_seconds_.Add(absl::ToDoubleSeconds(clock_->Now() - arrived));
  return absl::OkStatus();
}

void Server::AnswerOrDefer(int client, Buffer request) {
  RowService::Outcome outcome = rows_.Handle(client, std::move(request));
  if (outcome.waits) return;
  Count(outcome);
  metrics_.sent_bytes.Increment(static_cast<double>(outcome.answer.size()));
  const auto sent =
      endpoint_->Send(client, Channel::kRowResponses, std::move(outcome.answer), clock_->Now() + kAnswerTimeout);
  if (!sent.ok()) Drop(Cat("an answer to rank ", client, " cannot leave: ", ToStd(sent.message())));
}

void Server::Count(const RowService::Outcome& outcome) {
  if (outcome.code != absl::StatusCode::kOk) return metrics_.CountRefusal(absl::StatusCodeToString(outcome.code));
  if (outcome.repeated) return metrics_.replayed_pushes.Increment();
  if (outcome.kind == RowKind::kHello) return metrics_.handshakes.Increment();
  if (outcome.kind == RowKind::kEndTurn) return metrics_.turns.Increment();
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
    RaiseTo(metrics_.tables[i].nonfinite_rows, static_cast<double>(rows_.stores()[i]->nonfinite_rows()));
  }
  metrics_.queued_bytes.Set(static_cast<double>(endpoint_->queued_bytes()));
  metrics_.handling_seconds.Publish(handling_seconds_);
}

absl::Status Run(Endpoint* endpoint, const Platform& platform, wire::Failed* failure) {
  ASSIGN_OR_RETURN(wire::Welcome welcome, JoinJob(endpoint, platform.clock, wire::SERVER, kJoinPatience));
  Server server(endpoint, platform, std::move(welcome));
  const absl::Status prepared = server.Prepare();
  if (server.checkpoint_damaged()) failure->set_checkpoint_damaged(true);
  return prepared.ok() ? server.Serve() : prepared;
}

}  // namespace

absl::Status RunServer(Endpoint* endpoint, const Platform& platform) {
  wire::Failed failure;
  const absl::Status status = Run(endpoint, platform, &failure);
  if (!status.ok() && !absl::IsAborted(status)) ReportFailure(endpoint, platform.clock, status, std::move(failure));
  return status;
}

}  // namespace shoal
