#include "launch/job_outcome.h"

#include <signal.h>

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/exit_codes.h"
#include "common/text.h"
#include "launch/mpirun_output.h"

namespace shoal {
namespace {

// "worker 0 (rank 2, host alpha)", as the coordinator names it.
std::string NameOf(const RankDeath& death, const job::Job& job) {
  const uint64_t servers = job.servers(), rank = death.rank;
  const std::string role = rank == 0         ? "coordinator"
                           : rank <= servers ? Cat("server ", rank - 1)
                                             : Cat("worker ", rank - 1 - servers);
  return Cat(role, " (rank ", rank, ", host ", death.host, ")");
}

std::string Describe(const RankDeath& death, const job::Job& job) {
  const std::string what = Cat(NameOf(death, job), " was ended by ", death.how);
  if (death.signal != SIGKILL) return what;
  return Cat(what, ", as the kernel does where memory runs out; shoal plan tells what each role takes");
}

std::string Stopped(const SupervisedRun& run, uint64_t checkpoint) {
  const std::string left =
      run.left.empty() ? "; no process is left" : Cat("; ", absl::StrJoin(run.left, " and "), " could not be ended");
  const std::string stopped = Cat("stopped by ", run.stop_signal == SIGINT ? "Ctrl-C" : "a signal", left);
  if (checkpoint == 0) return Cat(stopped, ", and no vectors were written");
  return Cat(stopped, "; the same command goes on from checkpoint ", checkpoint);
}

// What the process that died was at, as far as that is known.
std::string PlaceOf(const std::optional<RankDeath>& death, const absl::StatusOr<RunResult>& result,
                    const job::Job& job) {
  if (!result.ok()) return "";
  if (result->units_at_hand.empty()) return "before it trained anything";
  const int64_t worker = death.has_value() ? int64_t{death->rank} - 1 - job.servers() : -1;
  if (worker < 0 || worker >= static_cast<int64_t>(result->units_at_hand.size())) return "";
  const std::string& unit = result->units_at_hand[worker];
  return unit.empty() ? "" : Cat("in ", unit);
}

// What the roles say: the first error of one, or the coordinator's whole reason, `told`, where that repeats it. The
// coordinator speaks for the job; of another role it must be said which.
std::string ReasonOfRoles(const SupervisedRun& run, const std::string& told) {
  if (run.errors.empty() || absl::StrContains(told, run.errors[0].what)) return told;
  const RoleError& first = run.errors[0];
  return first.role == "coordinator" ? first.what : Cat(first.role, ": ", first.what);
}

void AddMpirunWords(const std::string& words, std::vector<std::string>* details) {
  for (const absl::string_view line : absl::StrSplit(words, '\n', absl::SkipEmpty())) {
    details->push_back(Cat("mpirun: ", line));
  }
}

}  // namespace

JobOutcome JobOutcome::Of(const SupervisedRun& run, const absl::StatusOr<RunResult>& result, const job::Job& job,
                          uint64_t checkpoint) {
  JobOutcome outcome{.done = result.ok() && result->done};
  if (run.stop_signal != 0 && !outcome.done) return {.reason = Stopped(run, checkpoint)};
  const std::string told = result.ok() ? result->reason : "";
  std::optional<RankDeath> death;
  std::string reason;
  if (!outcome.done) {
    death = DeathIn(run.mpirun_words);
    // mpirun's word for a death comes first: the coordinator, which mpirun ends then, knows only that there was one.
    reason = death.has_value() ? Describe(*death, job) : ReasonOfRoles(run, told);
  }
  for (const RoleError& error : run.errors) {
    if (!absl::StrContains(reason, error.what) && error.what != told) outcome.details.push_back(error.line());
  }
  if (outcome.done) return outcome;
  // Of a role that crashed mpirun shows the stack; one that was killed left none.
  if (reason.empty() || (death.has_value() && death->signal != SIGKILL)) {
    AddMpirunWords(run.mpirun_words, &outcome.details);
  }
  if (reason.empty()) reason = Cat("it ended without a result; mpirun's exit code is ", run.exit_code);
  outcome.reason = reason;
  // Without a result of the coordinator's, it is gone as well, or hangs.
  outcome.restartable =
      result.ok() ? result->restartable : death.has_value() || run.exit_code >= 128 || run.exit_code == kPeerLost;
  outcome.place = PlaceOf(death, result, job);
  return outcome;
}

}  // namespace shoal
