#include "tests/simulator/simulation.h"

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "common/checkpoint/checkpoint_folder.h"
#include "common/files.h"
#include "common/platform.h"
#include "common/status.h"
#include "coordinator/coordinator.h"
#include "paramserver/server.h"
#include "tests/simulator/invariants.h"
#include "tests/unit/job_runs/counting_objective.h"

namespace shoal {
namespace {

using Nanos = Scheduler::Nanos;
constexpr Nanos kSecond = 1'000'000'000;

// The longest that shoal waits for anything is kJoinPatience, a minute, and what a job of this size does takes seconds:
// a life that goes on for longer than this does not get on, however late its messages are.
constexpr Nanos kLongestLife = 200 * kSecond;
// As mpirun: it tells the others of a death at once, and ends them a second later.
constexpr Nanos kUntilTold = kSecond / 50, kUntilEnded = kSecond;

class Simulation {
 public:
  Simulation(uint64_t seed, const SimulationOptions& options)
      : options_(options),
        scenario_(seed),
        output_(options.scratch + "/out"),
        scheduler_(StreamKey(seed, 1), options.verbose),
        disk_(&scheduler_) {}

  SimulationResult Run();

 private:
  absl::Status LiveOnce(const LifePlan& plan);
  void Begin(const LifePlan& plan);
  absl::Status RunRank(int rank);
  WorkerParts Parts();
  absl::Status AwaitEnd(Nanos bound);
  absl::Status Judge();
  absl::Status JudgeEnds() const;
  absl::Status JudgeCheckpoints(std::string_view story, const std::vector<uint64_t>& announced) const;
  void MakeOutputFolder();
  std::string Log() const { return ReadFile(output_ + "/log.jsonl").value_or(""); }

  // What befalls it.
  void At(Nanos time, std::function<void()> action);
  void Fire(const PlannedEvent& event);
  void FireDue(uint64_t PlannedEvent::*counter, uint64_t number);
  void Damage(const PlannedEvent& event, const std::vector<uint64_t>& checkpoints);
  void Kill(int rank, bool seen);
  void KillAll();
  std::string NameOfRank(int rank) const;

  const SimulationOptions& options_;
  const Scenario scenario_;
  const std::string output_;
  Scheduler scheduler_;
  Disk disk_;
  SimulationCounts counts_;
  TrainedItems trained_;
  uint64_t newest_announced_ = 0;
  uint64_t damaged_ = 0;  // A checkpoint that nobody need be able to restore.
  bool done_ = false;

  // Of this life:
  job::Job job_;
  int ranks_ = 0;
  std::unique_ptr<Network> network_;
  std::vector<absl::Status> ends_;  // By rank.
  std::vector<PlannedEvent> events_;
  std::multimap<Nanos, std::function<void()>> timed_;
  std::atomic<int> signal_ = 0;
  std::string log_before_;
  bool ends_well_ = false;  // Nothing in it should end it early.
  bool disk_well_ = false;  // Nothing in it should keep a checkpoint from being written.
  bool power_lost_ = false;
};

SimulationResult Simulation::Run() {
  MakeOutputFolder();
  absl::Status status;
  size_t life = 0;
  // What is damaged may be found by the last of them only, which ends then.
  const size_t planned = scenario_.lives.size(), most = planned + 1;
  while (status.ok() && !done_ && life < most) {
    status = LiveOnce(scenario_.lives[std::min(life++, planned - 1)]);
  }
  if (status.ok() && !done_) status = Internal("the job is not done after its last life");
  std::filesystem::remove_all(options_.scratch);
  if (!status.ok()) {
    status =
        Internal("life ", life, " of ", scenario_.lives.size(), ", at ",
                 absl::StrFormat("%.3f s: ", 1e-9 * static_cast<double>(scheduler_.now())), ToStd(status.message()));
  }
  counts_.seeds = 1;
  counts_.virtual_seconds = 1e-9 * static_cast<double>(scheduler_.now());
  counts_.disk_changes = disk_.counts().changes;
  counts_.disk_errors = disk_.counts().errors;
  return {.status = std::move(status), .trace = scheduler_.trace(), .counts = counts_};
}

// The user's own, there since long ago.
void Simulation::MakeOutputFolder() {
  std::filesystem::remove_all(options_.scratch);
  std::filesystem::create_directories(output_);
  disk_.MakeFolders(output_).IgnoreError();
  for (std::filesystem::path path = output_; path.has_relative_path();) {
    path = path.parent_path();
    disk_.SyncFolder(path).IgnoreError();
  }
}

absl::Status Simulation::LiveOnce(const LifePlan& plan) {
  Begin(plan);
  absl::Status status = AwaitEnd(scheduler_.now() + kLongestLife);
  if (!status.ok()) {
    KillAll();
    AwaitEnd(Scheduler::kForever).IgnoreError();
  }
  counts_.messages += network_->counts().messages;
  counts_.late += network_->counts().late;
  counts_.lost += network_->counts().lost;
  counts_.strays += network_->counts().strays;
  network_.reset();
  if (power_lost_) disk_.Crash(scheduler_.random().Next() | 2);
  return status.ok() ? Judge() : status;
}

void Simulation::Begin(const LifePlan& plan) {
  job_ = scenario_.job;
  job_.set_servers(std::min<uint32_t>(plan.servers, scenario_.items));
  job_.set_workers(plan.workers);
  ranks_ = static_cast<int>(1 + job_.servers() + job_.workers());
  ends_.assign(ranks_, absl::OkStatus());
  events_ = plan.events;
  timed_.clear();
  signal_ = 0;
  power_lost_ = false;
  ++counts_.lives;
  const auto there = CheckpointFolder(&disk_, output_).List().value_or(std::vector<uint64_t>());
  if (!there.empty()) ++counts_.restores;
  for (const PlannedEvent& event : events_) {
    if (event.event == Event::kDamage) Damage(event, there);
  }
  disk_well_ = std::none_of(events_.begin(), events_.end(), [](const auto& event) { return IsOfDisk(event.event); });
  // Set aside it may come back, where the folder could not be synced and the power failed.
  const bool damage_is_there = std::find(there.begin(), there.end(), damaged_) != there.end();
  ends_well_ = plan.expected_to_end_well() && !damage_is_there;
  log_before_ = Log();

  scheduler_.Say(Cat("a life of ", job_.servers(), " servers and ", job_.workers(), " workers begins"));
  scheduler_.BeginLife(ranks_);
  DiskConditions disk = plan.disk;
  if (disk.full_from < Scheduler::kForever) {
    disk.full_from += scheduler_.now();
    disk.full_until += scheduler_.now();
  }
  disk_.BeginLife(disk, [this](uint64_t number) { FireDue(&PlannedEvent::at_change, number); });
  network_ = std::make_unique<Network>(&scheduler_, ranks_, plan.network,
                                       [this](uint64_t number) { FireDue(&PlannedEvent::at_message, number); });
  for (const PlannedEvent& event : events_) {
    if (event.at_time < Scheduler::kForever) At(scheduler_.now() + event.at_time, [this, event] { Fire(event); });
  }
  for (int rank = 0; rank < ranks_; ++rank) {
    scheduler_.Spawn(rank, NameOfRank(rank), [this, rank] {
      ends_[rank] = RunRank(rank);
      scheduler_.Say(Cat("ends: ", ends_[rank].ok() ? "OK" : ToStd(ends_[rank].message())));
    });
  }
}

std::string Simulation::NameOfRank(int rank) const {
  const int servers = static_cast<int>(job_.servers());
  if (rank == 0) return "coordinator";
  return rank <= servers ? Cat("server ", rank - 1, " (rank ", rank, ")")
                         : Cat("worker ", rank - 1 - servers, " (rank ", rank, ")");
}

absl::Status Simulation::RunRank(int rank) {
  // Its end is the rank's end, as a process's would be.
  const std::unique_ptr<Endpoint> endpoint = network_->endpoint(rank);
  const Platform platform{.clock = scheduler_.clock(), .files = &disk_, .executor = scheduler_.executor()};
  if (rank > static_cast<int>(job_.servers())) return RunWorker(endpoint.get(), platform.clock, Parts());
  if (rank > 0) return RunServer(endpoint.get(), platform);
  const CoordinatorOptions coordinator{.job = job_,
                                       .output_directory = output_,
                                       .signal = &signal_,
                                       .prepare = ItemsOf(scenario_.items, scenario_.items_of_a_unit)};
  return RunCoordinator(coordinator, endpoint.get(), platform);
}

WorkerParts Simulation::Parts() {
  WorkerParts parts = CountingParts(
      &trained_, {.step_time = scenario_.step_time, .clock = scheduler_.clock(), .rows = scenario_.items});
  return options_.change_workers ? options_.change_workers(std::move(parts)) : parts;
}

absl::Status Simulation::AwaitEnd(Nanos bound) {
  while (!scheduler_.all_ended()) {
    scheduler_.RunUntil(timed_.empty() ? bound : std::min(bound, timed_.begin()->first));
    while (!timed_.empty() && timed_.begin()->first <= scheduler_.now()) {
      const auto action = std::move(timed_.extract(timed_.begin()).mapped());
      action();
    }
    if (scheduler_.all_ended() || scheduler_.now() < bound) continue;
    return Internal(scheduler_.deadlocked() ? "a deadlock: nobody is left who could wake another"
                                            : "no progress: the life does not end",
                    scheduler_.WhoWaits());
  }
  return absl::OkStatus();
}

absl::Status Simulation::Judge() {
  RETURN_IF_ERROR(JudgeEnds());
  const std::string log = Log();
  // Where the life began its log anew, all of it is the life's.
  const std::string_view story = std::string_view(log).substr(log.starts_with(log_before_) ? log_before_.size() : 0);
  const std::vector<uint64_t> announced = AnnouncedIn(story);
  counts_.checkpoints += announced.size();
  for (const uint64_t number : announced) newest_announced_ = std::max(newest_announced_, number);
  // Set aside, its number was free again.
  if (std::find(announced.begin(), announced.end(), damaged_) != announced.end()) damaged_ = 0;
  const CountedData data{.items = scenario_.items, .items_of_a_unit = scenario_.items_of_a_unit};
  RETURN_IF_ERROR(CheckCheckpoints(&disk_, output_, data, newest_announced_, damaged_));
  done_ = ends_[0].ok() && !scheduler_.killed(0);
  if (ends_well_ && disk_well_) {
    RETURN_IF_ERROR(JudgeCheckpoints(story, announced));
  }
  if (!done_) return absl::OkStatus();
  return CheckFinalRows(ReadFile(output_ + "/rows.txt").value_or(""), data, job_.epochs());
}

// Of a life whose disk did nothing wrong.
absl::Status Simulation::JudgeCheckpoints(std::string_view story, const std::vector<uint64_t>& announced) const {
  const size_t failed = story.find("\"written\":false");
  if (failed != story.npos) {
    return Internal("a checkpoint failed, which nothing hindered: ",
                    story.substr(failed, story.find('\n', failed) - failed));
  }
  if (!job_.checkpoint().at_end() || !announced.empty()) return absl::OkStatus();
  return Internal("the job is done, and the checkpoint at its end was not taken");
}

// What each role said at its end is true.
absl::Status Simulation::JudgeEnds() const {
  if (ends_well_ && !ends_[0].ok()) {
    return Internal("the job ended, which nothing in this life should end: ", ToStd(ends_[0].message()));
  }
  if (scheduler_.killed(0)) return absl::OkStatus();
  for (int rank = 1; rank < ranks_; ++rank) {
    if (scheduler_.killed(rank) || ends_[rank].ok() == ends_[0].ok()) continue;
    if (ends_[rank].ok()) return Internal(NameOfRank(rank), " ended as if the job were done, which it is not");
    if (ends_well_)
      return Internal("the job is done, and ", NameOfRank(rank), " failed: ", ToStd(ends_[rank].message()));
  }
  return absl::OkStatus();
}

void Simulation::At(Nanos time, std::function<void()> action) {
  timed_.emplace(time, std::move(action));
  scheduler_.WakeSupervisor(time);
}

void Simulation::FireDue(uint64_t PlannedEvent::*counter, uint64_t number) {
  for (const PlannedEvent& event : events_) {
    if (event.*counter == number) Fire(event);
  }
}

void Simulation::Fire(const PlannedEvent& event) {
  const int victim = static_cast<int>(event.victim) % ranks_;
  ++counts_.events[static_cast<size_t>(event.event)];
  scheduler_.Trace(static_cast<uint64_t>(event.event) + victim);
  scheduler_.Say(Cat("*** ", NameOf(event.event), ", ", NameOfRank(victim)));
  switch (event.event) {
    case Event::kKill:
      return Kill(victim, event.seen);
    case Event::kPowerLoss:
      power_lost_ = true;
      return KillAll();
    case Event::kLongPause:
    case Event::kShortPause:
      return scheduler_.Pause(victim, scheduler_.now() + event.duration);
    case Event::kLongCut:
      return network_->Cut(victim, scheduler_.now() + event.duration);
    case Event::kStop:
      signal_ = SIGUSR2;
      return;
    case Event::kCheckpoint:
      signal_ = SIGUSR1;
      return;
    case Event::kReadError:
    case Event::kDamage:
    case Event::kDiskFull:
    case Event::kWriteError:
    case Event::kSyncError:
      return;  // The disk's own, and at no moment.
  }
}

// Of the newest checkpoint; the one before is what must not be lost then.
void Simulation::Damage(const PlannedEvent& event, const std::vector<uint64_t>& checkpoints) {
  if (checkpoints.size() < 2 || damaged_ != 0) return;
  ++counts_.events[static_cast<size_t>(event.event)];
  damaged_ = checkpoints.back();
  newest_announced_ = std::min(newest_announced_, checkpoints[checkpoints.size() - 2]);
  const std::string folder = CheckpointFolder(&disk_, output_).PathOf(damaged_);
  const auto files = disk_.List(folder).value_or(std::vector<std::string>());
  const std::string path = Cat(folder, "/", files[event.victim % files.size()]);
  scheduler_.Say(Cat("*** damage of ", path));
  disk_.Damage(path, scheduler_.random().Next());
}

void Simulation::Kill(int rank, bool seen) {
  scheduler_.Kill(rank);
  if (!seen) return;
  At(scheduler_.now() + kUntilTold, [this] { signal_ = SIGCONT; });
  At(scheduler_.now() + kUntilEnded, [this] { KillAll(); });
}

void Simulation::KillAll() {
  for (int rank = 0; rank < ranks_; ++rank) scheduler_.Kill(rank);
}

}  // namespace

void SimulationCounts::Add(const SimulationCounts& other) {
  seeds += other.seeds;
  lives += other.lives;
  restores += other.restores;
  checkpoints += other.checkpoints;
  messages += other.messages;
  late += other.late;
  lost += other.lost;
  strays += other.strays;
  disk_changes += other.disk_changes;
  disk_errors += other.disk_errors;
  virtual_seconds += other.virtual_seconds;
  for (size_t i = 0; i < events.size(); ++i) events[i] += other.events[i];
}

SimulationResult Simulate(uint64_t seed, const SimulationOptions& options) { return Simulation(seed, options).Run(); }

}  // namespace shoal
