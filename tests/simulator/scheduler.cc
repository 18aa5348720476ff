#include "tests/simulator/scheduler.h"

#include <semaphore.h>
#include <stdlib.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "absl/strings/str_format.h"
#include "common/log.h"

namespace shoal {
namespace {

// A wait ends so much too late at most: enough to draw who comes first.
constexpr uint32_t kMostLateness = 2000;
// A killed process that still waits after so many waits in vain is in a loop that no error ends.
constexpr uint64_t kMostVainWaits = 100000;

Scheduler::Nanos NanosOf(absl::Duration duration) { return absl::ToInt64Nanoseconds(duration); }

}  // namespace

// Whose turn it is. POSIX's semaphore: that of the standard library first yields the core a few times, which with
// threads that take turns is all waste.
class Turn {
 public:
  Turn() { ::sem_init(&given_, 0, 0); }
  ~Turn() { ::sem_destroy(&given_); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

  void Give() { ::sem_post(&given_); }
  void Await() {
    while (::sem_wait(&given_) != 0) {  // A signal came.
    }
  }

 private:
  sem_t given_;
};

struct Scheduler::Task {
  uint64_t id = 0;
  int process = kSupervisor;
  std::string name;
  Nanos wake = 0;
  uint64_t tie = 0;
  const char* waits_for = "its first turn";
  bool ended = false;
  Task* awaited_by = nullptr;
  Turn turn;
  std::function<void()> run;
  std::thread thread;
};

class TaskClock final : public Clock {
 public:
  explicit TaskClock(Scheduler* scheduler) : scheduler_(*scheduler) {}
  absl::Time Now() const override { return absl::FromUnixNanos(scheduler_.Look()); }
  void SleepFor(absl::Duration duration) override {
    scheduler_.Wait(scheduler_.now() + NanosOf(duration), "the end of a sleep");
  }

 private:
  Scheduler& scheduler_;
};

class TaskExecutor final : public Executor {
 public:
  explicit TaskExecutor(Scheduler* scheduler) : scheduler_(*scheduler) {}
  std::unique_ptr<Work> Start(std::function<void()> function) override {
    const Scheduler::Task& starter = *scheduler_.current();
    return std::make_unique<Awaited>(&scheduler_,
                                     scheduler_.Spawn(starter.process, starter.name + "'s work", std::move(function)));
  }

 private:
  class Awaited final : public Work {
   public:
    Awaited(Scheduler* scheduler, Scheduler::Task* task) : scheduler_(*scheduler), task_(task) {}
    ~Awaited() override { scheduler_.AwaitEnd(task_); }

   private:
    Scheduler& scheduler_;
    Scheduler::Task* const task_;
  };

  Scheduler& scheduler_;
};

Scheduler::Scheduler(uint64_t seed, bool verbose)
    : verbose_(verbose),
      random_(seed),
      clock_(std::make_unique<TaskClock>(this)),
      executor_(std::make_unique<TaskExecutor>(this)) {
  tasks_.push_back(std::make_unique<Task>());
  tasks_.front()->name = "supervisor";
  current_ = tasks_.front().get();
}

Scheduler::~Scheduler() { JoinEnded(); }

void Scheduler::BeginLife(int processes) {
  JoinEnded();
  tasks_.resize(1);
  processes_.assign(processes, {});
}

void Scheduler::JoinEnded() {
  for (const auto& task : tasks_) {
    if (task->thread.joinable()) task->thread.join();
  }
}

Scheduler::Task* Scheduler::Spawn(int process, std::string name, std::function<void()> run) {
  Task* task = tasks_.emplace_back(std::make_unique<Task>()).get();
  task->id = ++next_id_;
  task->process = process;
  task->name = std::move(name);
  task->run = std::move(run);
  task->wake = now_ + random_.NextBelow(kMostLateness);
  task->tie = random_.Next();
  ++running_;
  task->thread = std::thread([this, task] { RunTask(task); });
  return task;
}

void Scheduler::RunTask(Task* task) {
  task->turn.Await();
  task->run();
  task->run = nullptr;  // What it holds ends in this thread's turn.
  task->ended = true;
  task->wake = kForever;
  if (task->awaited_by != nullptr) WakeBy(task->awaited_by, now_);
  if (--running_ == 0) WakeSupervisor(now_);
  GiveTurn()->turn.Give();
}

void Scheduler::RunUntil(Nanos time) {
  if (!all_ended()) Suspend(time, "the next event");
}

int Scheduler::process() const { return current_->process; }

bool Scheduler::Wait(Nanos until, const char* what) {
  Process& process = processes_[current_->process];
  if (process.killed) {
    if (++process.vain_waits < kMostVainWaits) return false;
    LogError(current_->name, " was killed, and waits for ", what, " again and again without heeding its errors");
    ::abort();
  }
  const Nanos lateness = random_.NextBelow(kMostLateness);
  Suspend(until > kForever - lateness ? kForever : std::max(until, now_) + lateness, what);
  return !process.killed;
}

// Of a killed process too: what it started ends by itself, and holds pointers into it.
void Scheduler::AwaitEnd(Task* task) {
  while (!task->ended) {
    task->awaited_by = current_;
    Suspend(kForever, "the end of its work");
  }
}

void Scheduler::Suspend(Nanos until, const char* what) {
  Task* self = current_;
  self->wake = until;
  self->tie = random_.Next();
  self->waits_for = what;
  Task* next = GiveTurn();
  if (next == self) return;
  next->turn.Give();
  self->turn.Await();
}

Scheduler::Nanos Scheduler::TurnOf(const Task& task) const {
  return task.process == kSupervisor ? task.wake : std::max(task.wake, processes_[task.process].paused_until);
}

// To whoever's wait ends first.
Scheduler::Task* Scheduler::GiveTurn() {
  Task* next = nullptr;
  Nanos turn = kForever;
  for (const auto& task : tasks_) {
    if (task->ended) continue;
    const Nanos theirs = TurnOf(*task);
    if (next != nullptr && (theirs > turn || (theirs == turn && task->tie >= next->tie))) continue;
    next = task.get();
    turn = theirs;
  }
  // The supervisor's wait always ends: were all others' endless, it would be its turn.
  now_ = std::max(now_, turn);
  Trace(MixBits(next->id) + static_cast<uint64_t>(now_));
  return current_ = next;
}

void Scheduler::WakeBy(Task* task, Nanos time) { task->wake = std::min(task->wake, time); }

void Scheduler::WakeSupervisor(Nanos time) { WakeBy(tasks_.front().get(), time); }

void Scheduler::Kill(int process) {
  processes_[process].killed = true;
  processes_[process].paused_until = 0;
  for (const auto& task : tasks_) {
    if (task->process == process) WakeBy(task.get(), now_);
  }
}

void Scheduler::Pause(int process, Nanos until) {
  if (!processes_[process].killed) processes_[process].paused_until = until;
}

bool Scheduler::deadlocked() const {
  return std::all_of(tasks_.begin() + 1, tasks_.end(), [](const auto& t) { return t->ended || t->wake == kForever; });
}

std::string Scheduler::WhoWaits() const {
  std::string lines;
  for (size_t i = 1; i < tasks_.size(); ++i) {
    const Task& task = *tasks_[i];
    if (task.ended) continue;
    lines += Cat("\n  ", task.name, " waits for ", task.waits_for, " until ",
                 task.wake == kForever ? "ever" : absl::StrFormat("%.3f s", 1e-9 * static_cast<double>(task.wake)));
  }
  return lines;
}

void Scheduler::Say(std::string_view what) const {
  if (!verbose_) return;
  LogInfo(absl::StrFormat("%12.6f s  ", 1e-9 * static_cast<double>(now_)), current_->name, ": ", what);
}

}  // namespace shoal
