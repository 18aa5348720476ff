// Scheduler: threads that take turns, in virtual time: one runs, until it waits; then the one whose wait ends first
// does.
//
// So a program of many threads is a function of the seed: which of two waits that end together comes first, and by how
// much each is late, is drawn from it. Time passes only while all wait, and by a little with each look at the clock, so
// that a loop that waits for time to pass gets there.
//
// Threads belong to processes, which can be killed and paused. A killed process' waits end at once and say so; its
// threads are expected to run to their end without another effect on the world. A paused one's threads do not run.
//
// Thread rule: made and driven by one thread, the supervisor, which is a thread among those that take turns. All else
// is called by whoever has the turn, so there are no locks.

#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/clock.h"
#include "common/executor.h"
#include "common/random.h"

namespace shoal {

class Scheduler {
 public:
  using Nanos = int64_t;
  static constexpr Nanos kForever = std::numeric_limits<Nanos>::max();
  static constexpr int kSupervisor = -1;

  struct Task;

  // `verbose`: Trace writes a line for each event to standard error.
  Scheduler(uint64_t seed, bool verbose);
  // All tasks have ended.
  ~Scheduler();

  // What the tasks are given as their clock, and for work beside them, which belongs to the process that starts it.
  Clock* clock() { return clock_.get(); }
  Executor* executor() { return executor_.get(); }

  Nanos now() const { return now_; }
  CounterRandom& random() { return random_; }

  // The supervisor's: processes 0 to `processes` - 1 are there, alive, and have no threads.
  void BeginLife(int processes);
  Task* Spawn(int process, std::string name, std::function<void()> run);
  // Lets the others run until `time`, until WakeSupervisor, or until all have ended.
  void RunUntil(Nanos time);
  bool all_ended() const { return running_ == 0; }
  // Nobody runs, and nothing but the supervisor will ever wake anybody.
  bool deadlocked() const;
  // "worker 1 (rank 3) waits for a row answer until 1.250 s", a line for each thread that has not ended.
  std::string WhoWaits() const;

  void Kill(int process);
  void Pause(int process, Nanos until);
  bool killed(int process) const { return processes_[process].killed; }
  void WakeSupervisor(Nanos time);

  // Of whoever has the turn.
  Task* current() const { return current_; }
  int process() const;
  // Waits until `time`, or until another calls WakeBy. False, at once: the process is killed.
  bool Wait(Nanos until, const char* what);
  // Ends the wait of `task` at `time`, where it does not end before.
  void WakeBy(Task* task, Nanos time);

  // Takes the event into the trace, of which runs of one seed have the same.
  void Trace(uint64_t event) { trace_ = MixBits(trace_ ^ event); }
  uint64_t trace() const { return trace_; }
  bool verbose() const { return verbose_; }
  // For people, where verbose.
  void Say(std::string_view what) const;

 private:
  friend class TaskClock;
  friend class TaskExecutor;
  struct Process {
    bool killed = false;
    Nanos paused_until = 0;
    uint64_t vain_waits = 0;  // Since it was killed.
  };

  Nanos Look() { return now_ += kLookTakes; }
  void AwaitEnd(Task* task);
  void Suspend(Nanos until, const char* what);
  void RunTask(Task* task);
  Task* GiveTurn();
  Nanos TurnOf(const Task& task) const;
  void JoinEnded();

  static constexpr Nanos kLookTakes = 200;

  const bool verbose_;
  CounterRandom random_;
  Nanos now_ = 0;
  uint64_t trace_ = 0;
  std::vector<Process> processes_;
  std::vector<std::unique_ptr<Task>> tasks_;  // Of this life; the supervisor first.
  size_t running_ = 0;                        // But for the supervisor.
  uint64_t next_id_ = 0;
  Task* current_ = nullptr;
  std::unique_ptr<Clock> clock_;
  std::unique_ptr<Executor> executor_;
};

}  // namespace shoal
