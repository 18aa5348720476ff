// Supervisor: runs mpirun to its end, shows what it prints, and leaves no process behind, however it ends.
//
// A signal that asks for the end has mpirun pass SIGUSR2 on to the coordinator, which writes a checkpoint and ends the
// job; a second one, or the end of checkpoint_grace, has mpirun end it at once. SIGUSR1 is passed on: a checkpoint.
//
// mpirun runs in a process group of its own, so that a terminal's Ctrl-C reaches the supervisor alone, and gets a
// SIGTERM from the kernel when the supervisor dies. Ranks whose mpirun is gone become the supervisor's children
// (Offspring) and are killed. mpirun's exit code is not trusted: what came of the job is in its
// result.json.
//
// Thread rule: one a process, in the thread that started first; SIGINT, SIGTERM, SIGHUP, SIGQUIT and SIGUSR1 are its
// while it runs.

#pragma once

#include <signal.h>

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "launch/mpirun_output.h"
#include "launch/processes.h"

namespace shoal {

struct SupervisorOptions {
  std::vector<std::string> arguments;                            // Of mpirun, argv[0] first; found by PATH.
  std::vector<std::pair<std::string, std::string>> environment;  // Added to the supervisor's own.
  std::string log_path;                                          // log.jsonl of the job, for the bar.
  std::string result_path;  // result.json of the job, which the coordinator writes last.
  bool draw_bar = false;
  // From the first signal until the job is ended whether it has written a checkpoint or not. 0: at once.
  absl::Duration checkpoint_grace = absl::ZeroDuration();
  // From SIGTERM to mpirun, which ends its ranks in about a second, until what is left is killed.
  absl::Duration grace = absl::Milliseconds(1300);
  // From the job's result until an mpirun that is still there is told to end: one whose hosts have fallen away waits
  // for them.
  absl::Duration patience_after_result = absl::Seconds(5);
};

struct SupervisedRun {
  int stop_signal = 0;  // That the supervisor got; 0: the job ended by itself.
  int exit_code = 0;    // mpirun's, or 128 and its signal.
  // What mpirun itself said, and the errors of roles: held back for the end, because all of them tell of every end but
  // a good one, in many words.
  std::string mpirun_words;
  std::vector<RoleError> errors;
  std::vector<std::string> left;  // Processes that could not be killed: "shoal-coordinator (process 123)".
};

// The signals that end a run, and SIGUSR1, blocked as long as it lives and taken through a descriptor; one that came
// and was not taken is dropped at the end. Those that the process was started to ignore stay ignored. One a process.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();

  int fd() const { return fd_; }
  const sigset_t& before() const { return before_; }
  // The signal that came; 0 where none did.
  int Take();
  // Waits so long, or until a signal other than SIGUSR1 comes, which it returns; 0 else.
  int Wait(absl::Duration duration, Clock& clock);

 private:
  int fd_ = -1;
  sigset_t before_;
};

// `offspring` was made before anything was started. Unavailable: there is no mpirun.
absl::StatusOr<SupervisedRun> Supervise(const SupervisorOptions& options, StopSignals& signals,
                                        const Offspring& offspring, Clock& clock);

}  // namespace shoal
