#include "coordinator/coordinator.h"

#include <signal.h>
#include <string.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <optional>
#include <random>
#include <utility>
#include <vector>

#include "common/background.h"
#include "common/checkpoint/checkpoint_folder.h"
#include "common/checkpoint/what_matters.h"
#include "common/files.h"
#include "common/host.h"
#include "common/job/derived.h"
#include "common/job/job.h"
#include "common/job/tables.h"
#include "common/log.h"
#include "common/metrics/metrics.h"
#include "common/run/run_result.h"
#include "common/status.h"
#include "common/transport/control.h"
#include "coordinator/job_log.h"
#include "coordinator/ledger.h"
#include "coordinator/membership.h"
#include "coordinator/messenger.h"
#include "coordinator/plan.h"
#include "coordinator/status_board.h"
#include "coordinator/training.h"
#include "paramserver/row_layout.h"
#include "proto/wire.pb.h"

namespace shoal {
namespace {

// How long the loop sleeps at most: a signal is heeded by then; and while a thread prepares or exports data, its end.
constexpr absl::Duration kLongestWait = absl::Milliseconds(100);
constexpr absl::Duration kWaitForThread = absl::Milliseconds(10);
// A hostile rank must not fill the log.
constexpr uint64_t kRefusalsLogged = 20;

uint64_t NewJobToken() {
  std::random_device device;
  return (uint64_t{device()} << 32) | device();
}

class Coordinator {
 public:
  Coordinator(const CoordinatorOptions& options, Endpoint* endpoint, const Platform& platform)
      : options_(options),
        job_(options.job),
        output_(std::filesystem::absolute(options.output_directory).lexically_normal().string()),
        endpoint_(*endpoint),
        clock_(*platform.clock),
        executor_(*platform.executor),
        members_(job_, clock_.Now()),
        messenger_(endpoint, &clock_, job_.heartbeats(), &members_),
        checkpoint_folder_(platform.files, output_) {}

  absl::Status Run();

 private:
  enum class Stage { kPreparing, kStartingServers, kStartingWorkers, kTraining, kExporting, kDone };

  absl::Status RunToEnd();
  absl::Status CheckRanks() const;
  absl::Status SetUp();
  absl::Status LoopOnce();
  absl::Status HeedSignal();
  absl::Status StopWhereAsked() const;
  uint64_t LastCheckpoint() const;
  absl::Time NextWakeUp() const;

  // What members say.
  absl::Status Handle(int from, const wire::ControlMessage& message);
  absl::Status HandleFinished(int from, const wire::Finished& finished);
  absl::Status HandleFailed(int from, const wire::Failed& failed);
  absl::Status HandleAboutTraining(int from, const wire::ControlMessage& message);
  void Refuse(std::string_view what);

  // What follows once its conditions are met, stage by stage.
  absl::Status Advance();
  absl::Status EndPreparing();
  absl::Status TakePreparedData(PreparedData data);
  absl::Status EndStartingServers();
  absl::Status EndStartingWorkers();
  absl::Status EndTraining();
  absl::Status EndExporting();

  absl::Status WelcomeAll(wire::Role role);
  wire::ControlMessage WelcomeOf(const Member& member) const;
  absl::Status WriteMetricsAddresses() const;

  absl::Status SendHeartbeats();
  void ShowProgress();
  void EndPhase(const char* name);
  RunResult Result(std::string reason) const;  // Done where there is no reason.
  // Unsynced: a disk that is busy must not hold up the start, and at the end mpirun grants a second only.
  absl::Status WriteOutput(std::string_view name, std::string_view text) const;
  void Fail(const absl::Status& status);

  const CoordinatorOptions& options_;
  const job::Job& job_;
  const std::string output_;
  Endpoint& endpoint_;
  Clock& clock_;
  Executor& executor_;
  const uint64_t job_token_ = NewJobToken();

  Stage stage_ = Stage::kPreparing;
  Membership members_;
  Messenger messenger_;
  CheckpointFolder checkpoint_folder_;
  std::optional<checkpoint::Manifest> restored_;  // The checkpoint that the job goes on from.
  bool stopping_ = false;                         // As soon as the checkpoint at hand is written.
  bool restartable_ = false;                      // What ended the job may not end its next life.
  std::unique_ptr<Metrics> metrics_;
  std::unique_ptr<StatusBoard> board_;
  std::unique_ptr<JobLog> log_;
  std::unique_ptr<Preparation> preparation_;
  // Once the data is prepared:
  PreparedData data_;  // Its units are the plan's.
  std::vector<wire::TableSpec> tables_;
  std::optional<Training> training_;

  absl::Time heartbeat_due_ = absl::InfinitePast();
  absl::Time progress_due_ = absl::InfinitePast();
  absl::Time phase_start_;
  SecondsByPhase phases_;
  uint64_t refused_ = 0;
  std::vector<std::string> files_;
  std::unique_ptr<Background<ExportedFiles>> data_export_;  // Once a worker has exported.
};

absl::Status Coordinator::Run() {
  const absl::Status status = Caught([this] { return RunToEnd(); });
  if (!status.ok()) Fail(status);
  return status;
}

absl::Status Coordinator::RunToEnd() {
  RETURN_IF_ERROR(CheckRanks());
  RETURN_IF_ERROR(SetUp());
  while (stage_ != Stage::kDone) {
    RETURN_IF_ERROR(LoopOnce());
  }
  const RunResult result = Result("");
  RETURN_IF_ERROR(result.Write(output_, Durability::kUnsynced));
  log_->Ended(result, training_->progress().pairs());
  messenger_.StopAll("");
  return absl::OkStatus();
}

absl::Status Coordinator::CheckRanks() const {
  const int wanted = 1 + members_.size();
  if (endpoint_.size() == wanted) return absl::OkStatus();
  return FailedPrecondition("this job has 1 coordinator, ", job_.servers(), " servers and ", job_.workers(),
                            " workers, which are ", wanted, " processes, but mpirun started ", endpoint_.size(),
                            "; start it as: mpirun -np 1 shoal-coordinator --job JOB --output DIR : -np ",
                            job_.servers(), " shoal-paramserver : -np ", job_.workers(), " shoal-worker");
}

absl::Status Coordinator::SetUp() {
  RETURN_IF_ERROR(MakeDirectories(output_));
  std::vector<std::string> passed_over;
  ASSIGN_OR_RETURN(restored_, checkpoint_folder_.Newest(&passed_over));
  for (const std::string& why : passed_over) LogWarning("this checkpoint is passed over: ", why);
  if (restored_) {
    // Before anything of that run is touched.
    RETURN_IF_ERROR(CheckMayGoOn(job_, restored_->job())) << checkpoint_folder_.PathOf(restored_->number());
  }
  ASSIGN_OR_RETURN(log_, JobLog::Create(output_, &clock_, options_.print_progress && !job_.progress().quiet(),
                                        /*go_on=*/restored_.has_value()));
  RunResult::Remove(output_);
  RETURN_IF_ERROR(WriteOutput("job.textproto", PrintJob(job_)));
  metrics_ = Metrics::Start(job_.metrics(), endpoint_.rank());
  board_ = std::make_unique<StatusBoard>(metrics_->registry(), members_, WorkName(job_));
  log_->Start(job_);
  if (restored_) log_->GoesOn(*restored_);
  phase_start_ = clock_.Now();
  progress_due_ = phase_start_ + absl::Seconds(job_.progress().interval_seconds());
  preparation_ = std::make_unique<Preparation>(&executor_, job_, CacheDirectory(job_, output_), options_.prepare);
  return absl::OkStatus();
}

absl::Status Coordinator::LoopOnce() {
  RETURN_IF_ERROR(HeedSignal());
  auto received = ReceiveControl(&endpoint_, NextWakeUp());
  if (received.ok()) {
    RETURN_IF_ERROR(Handle(received->first, received->second));
  } else if (absl::IsDataLoss(received.status())) {
    Refuse(ToStd(received.status().message()));
  } else if (!absl::IsDeadlineExceeded(received.status())) {
    return received.status();
  }
  RETURN_IF_ERROR(members_.Tick(clock_.Now()));
  RETURN_IF_ERROR(SendHeartbeats());
  RETURN_IF_ERROR(Advance());
  if (training_) {
    RETURN_IF_ERROR(training_->Tick());
    RETURN_IF_ERROR(StopWhereAsked());
  }
  ShowProgress();
  return absl::OkStatus();
}

absl::Status Coordinator::HeedSignal() {
  const int signal = options_.signal == nullptr ? 0 : options_.signal->exchange(0);
  const bool begun = training_ && training_->begun();
  if (signal == 0 || (signal == SIGUSR1 && !begun)) return absl::OkStatus();
  if (signal == SIGUSR1) {
    training_->RequestCheckpoint();
    return absl::OkStatus();
  }
  if (signal == SIGUSR2 && begun) {
    stopping_ = true;
    training_->RequestLastCheckpoint();
    return absl::OkStatus();
  }
  if (signal == SIGUSR2) return Aborted("stopped before training began");
  restartable_ = signal == SIGCONT;
  if (restartable_) return Aborted("mpirun ended the job: a process of it died, or mpirun was told to stop");
  return Aborted("stopped by signal ", signal, " (", ::strsignal(signal), ")");
}

absl::Status Coordinator::StopWhereAsked() const {
  if (!stopping_ || training_->checkpoint_at_hand()) return absl::OkStatus();
  return LastCheckpoint() == 0 ? Aborted("stopped, and no checkpoint could be written")
                               : Aborted("stopped after checkpoint ", LastCheckpoint());
}

uint64_t Coordinator::LastCheckpoint() const {
  if (training_ && training_->last_checkpoint() > 0) return training_->last_checkpoint();
  return restored_ ? restored_->number() : 0;
}

absl::Time Coordinator::NextWakeUp() const {
  const bool thread =
      stage_ == Stage::kPreparing || data_export_ != nullptr || (training_ && training_->checkpoint_at_hand());
  const absl::Duration longest = thread ? kWaitForThread : kLongestWait;
  return std::min({heartbeat_due_, progress_due_, clock_.Now() + longest});
}

absl::Status Coordinator::Handle(int from, const wire::ControlMessage& message) {
  members_.Heard(from, message);
  switch (message.kind_case()) {
    case wire::ControlMessage::kHello:
      return members_.Join(from, message.hello());
    case wire::ControlMessage::kReady:
      return members_.Ready(from, message.ready());
    case wire::ControlMessage::kFinished:
      return HandleFinished(from, message.finished());
    case wire::ControlMessage::kFailed:
      return HandleFailed(from, message.failed());
    case wire::ControlMessage::kHeartbeat:
      return absl::OkStatus();
    default:
      return HandleAboutTraining(from, message);
  }
}

absl::Status Coordinator::HandleAboutTraining(int from, const wire::ControlMessage& message) {
  const absl::Status status = training_ ? training_->Handle(from, message)
                                        : FailedPrecondition(members_.Name(from), " sends \"", KindName(message),
                                                             "\" before there is anything to train");
  if (!absl::IsFailedPrecondition(status)) return status;
  Refuse(ToStd(status.message()));
  return absl::OkStatus();
}

absl::Status Coordinator::HandleFinished(int from, const wire::Finished& finished) {
  const Member* member = members_.Find(from);
  if (member == nullptr || member->state != Member::State::kExporting || data_export_ != nullptr) {
    Refuse(Cat(members_.Name(from), " says that it has finished what it was not asked for"));
    return absl::OkStatus();
  }
  files_.assign(finished.file().begin(), finished.file().end());
  data_export_ = std::make_unique<Background<ExportedFiles>>(&executor_, [this] { return data_.export_data(output_); });
  return absl::OkStatus();
}

absl::Status Coordinator::HandleFailed(int from, const wire::Failed& failed) {
  restartable_ = failed.peer_lost();
  if (failed.checkpoint_damaged() && restored_) {
    // The next life takes the one before it.
    restartable_ = checkpoint_folder_.SetAside(restored_->number()).ok();
  }
  return Aborted(members_.Name(from), " failed: ", failed.reason());
}

void Coordinator::Refuse(std::string_view what) {
  board_->CountRefusal();
  if (++refused_ <= kRefusalsLogged) LogWarning("refused: ", what);
}

absl::Status Coordinator::Advance() {
  switch (stage_) {
    case Stage::kPreparing:
      return EndPreparing();
    case Stage::kStartingServers:
      return members_.All(wire::SERVER, Member::State::kReady) ? EndStartingServers() : absl::OkStatus();
    case Stage::kStartingWorkers:
      return members_.All(wire::WORKER, Member::State::kReady) ? EndStartingWorkers() : absl::OkStatus();
    case Stage::kTraining:
      return training_->all_done() || training_->ended() ? EndTraining() : absl::OkStatus();
    case Stage::kExporting:
      return data_export_ != nullptr && !training_->checkpoint_at_hand() ? EndExporting() : absl::OkStatus();
    case Stage::kDone:
      return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::Status Coordinator::EndPreparing() {
  if (!training_) {
    auto outcome = preparation_->Take();
    if (!outcome) return absl::OkStatus();
    if (!outcome->ok()) return outcome->status();
    RETURN_IF_ERROR(TakePreparedData(**std::move(outcome)));
    EndPhase("prepare");
  }
  if (!members_.AllJoined()) return absl::OkStatus();
  RETURN_IF_ERROR(members_.CheckTablesFit(TakesCheckpoints(job_), HowToShrinkTables(job_)));
  stage_ = Stage::kStartingServers;
  return WelcomeAll(wire::SERVER);
}

absl::Status Coordinator::TakePreparedData(PreparedData data) {
  log_->Prepared(data);
  tables_ = TablesOf(job_, data.items);
  members_.SetTableBytes(BytesOf(tables_));
  ASSIGN_OR_RETURN(Plan plan, Plan::Create(std::exchange(data.units, {}), job_.epochs(), job_.seed()));
  data_ = std::move(data);
  training_.emplace(Training::Parts{job_, members_, messenger_, *board_, *log_, clock_, executor_}, std::move(plan),
                    data_.fingerprint, checkpoint_folder_);
  return restored_ ? training_->Restore(*restored_) : absl::OkStatus();
}

absl::Status Coordinator::EndStartingServers() {
  stage_ = Stage::kStartingWorkers;
  return WelcomeAll(wire::WORKER);
}

absl::Status Coordinator::EndStartingWorkers() {
  RETURN_IF_ERROR(WriteMetricsAddresses());
  stage_ = Stage::kTraining;
  EndPhase("start");
  progress_due_ = clock_.Now() + absl::Seconds(job_.progress().interval_seconds());
  log_->Training();
  return training_->Begin();
}

absl::Status Coordinator::EndTraining() {
  if (!training_->ended()) {
    EndPhase("train");
    training_->End();
    progress_due_ = absl::InfinitePast();
    ShowProgress();
    progress_due_ = absl::InfiniteFuture();
    if (job_.checkpoint().at_end()) training_->RequestCheckpoint();
  }
  // Its pause comes before the export, which takes a worker's attention.
  if (training_->checkpoint_coming()) return absl::OkStatus();
  stage_ = Stage::kExporting;
  // On the coordinator's host where there is one: there the output folder is sure to be what the user named.
  const int exporter = members_.FirstWorker(HostId());
  members_.Exporting(exporter);
  wire::ControlMessage message;
  message.mutable_finish();
  return messenger_.Say(exporter, message);
}

absl::Status Coordinator::EndExporting() {
  const auto files = data_export_->Take();
  if (!files) return absl::OkStatus();
  if (!files->ok()) return files->status();
  files_.insert(files_.end(), (*files)->begin(), (*files)->end());
  EndPhase("export");
  stage_ = Stage::kDone;
  return absl::OkStatus();
}

absl::Status Coordinator::WelcomeAll(wire::Role role) {
  for (const Member& member : members_.members()) {
    if (member.description.role() != role) continue;
    RETURN_IF_ERROR(messenger_.Say(member.description.rank(), WelcomeOf(member)));
    members_.Welcomed(member.description.rank());
  }
  return absl::OkStatus();
}

wire::ControlMessage Coordinator::WelcomeOf(const Member& member) const {
  wire::ControlMessage message;
  wire::Welcome& welcome = *message.mutable_welcome();
  welcome.set_protocol_version(kProtocolVersion);
  welcome.set_job_token(job_token_);
  *welcome.mutable_job() = job_;
  welcome.mutable_table()->Assign(tables_.begin(), tables_.end());
  for (const Member& other : members_.members()) *welcome.add_member() = other.description;
  welcome.set_index(member.description.index());
  if (member.description.role() == wire::WORKER) {
    welcome.set_data_file(data_.file);
    welcome.set_data_fingerprint(data_.fingerprint);
    welcome.set_watch_bank_file(data_.watch_bank_file);
    welcome.set_watch_test_file(data_.watch_test_file);
  }
  welcome.set_output_directory(output_);
  if (restored_ && member.description.role() == wire::SERVER) {
    welcome.mutable_restore()->set_folder(checkpoint_folder_.PathOf(restored_->number()));
    *welcome.mutable_restore()->mutable_shard() = restored_->shard();
  }
  return message;
}

absl::Status Coordinator::WriteMetricsAddresses() const {
  std::string text;
  if (!metrics_->address().empty()) text = Cat("coordinator 0 0 ", metrics_->address(), "\n");
  return WriteOutput("metrics-addresses.txt", text + members_.MetricsAddresses());
}

absl::Status Coordinator::SendHeartbeats() {
  const absl::Time now = clock_.Now();
  if (now < heartbeat_due_) return absl::OkStatus();
  heartbeat_due_ = now + absl::Seconds(job_.heartbeats().interval_seconds());
  board_->ShowMembers(members_);
  if (training_) board_->ShowUnits(training_->ledger().counts());
  return messenger_.SendHeartbeats();
}

void Coordinator::ShowProgress() {
  const absl::Time now = clock_.Now();
  if (now < progress_due_) return;
  progress_due_ = now + absl::Seconds(job_.progress().interval_seconds());
  if (training_ && training_->begun()) {
    training_->ShowProgress();
  } else if (!training_) {
    if (const std::string what = preparation_->Describe(); !what.empty()) log_->Preparing(what);
  }
}

void Coordinator::EndPhase(const char* name) {
  const absl::Time now = clock_.Now();
  phases_.emplace_back(name, absl::ToDoubleSeconds(now - phase_start_));
  phase_start_ = now;
}

RunResult Coordinator::Result(std::string reason) const {
  RunResult result{.done = reason.empty(), .reason = std::move(reason), .seconds_by_phase = phases_};
  result.worker_seconds_by_phase.emplace();
  result.files = files_;
  result.checkpoint = LastCheckpoint();
  result.work = WorkName(job_);
  result.workers = job_.workers();
  result.servers = job_.servers();
  if (!training_ || !training_->begun()) return result;
  for (uint32_t worker = 0; worker < job_.workers() && !result.done; ++worker) {
    result.units_at_hand.push_back(training_->ledger().UnitAtHand(static_cast<int>(1 + job_.servers() + worker)));
  }
  const Progress& progress = training_->progress();
  result.words = progress.words();
  result.seconds = progress.seconds(training_->end());
  result.words_per_second = progress.mean_words_per_second(training_->end());
  result.loss = progress.loss_of_last_epoch();
  if (progress.knn()) result.knn = 100 * progress.knn()->accuracy();
  const auto& by_phase = progress.worker_seconds_by_phase();
  result.worker_seconds_by_phase.emplace(by_phase.begin(), by_phase.end());
  return result;
}

absl::Status Coordinator::WriteOutput(std::string_view name, std::string_view text) const {
  return WriteFileAtomically(Cat(output_, "/", name), text, Durability::kUnsynced);
}

// The books are closed before the members are told: their end may be the end of this process too.
void Coordinator::Fail(const absl::Status& status) {
  const std::string reason(ToStd(status.message()));
  LogError(reason);
  if (log_ != nullptr) {
    RunResult result = Result(reason);
    result.restartable = restartable_ || IsPeerLost(status);
    log_->Ended(result, /*pairs=*/0);
    if (const absl::Status written = result.Write(output_, Durability::kUnsynced); !written.ok())
      LogError(ToStd(written.message()));
  }
  messenger_.StopAll(reason);
}

}  // namespace

absl::Status RunCoordinator(const CoordinatorOptions& options, Endpoint* endpoint, const Platform& platform) {
  return Coordinator(options, endpoint, platform).Run();
}

}  // namespace shoal
