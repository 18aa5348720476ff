// shoal-coordinator: rank 0 of a job under mpirun. `shoal plan` prints the whole command line.

#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <atomic>
#include <exception>
#include <string>
#include <string_view>

#include "common/exit_codes.h"
#include "common/files.h"
#include "common/job/job.h"
#include "common/log.h"
#include "common/status.h"
#include "common/transport/mpi_endpoint.h"
#include "common/version.h"
#include "coordinator/coordinator.h"

namespace shoal {
namespace {

constexpr std::string_view kHelp =
    "usage: mpirun -np 1 shoal-coordinator --job FILE --output DIR [--no_progress_lines]\n"
    "              : -np SERVERS shoal-paramserver : -np WORKERS shoal-worker\n"
    "\n"
    "Coordinates one job: plans its units, leases them to the workers, and ends it. `shoal train` starts all of this;\n"
    "`shoal plan` prints the line.\n"
    "\n"
    "  --job FILE            the job, as textproto (proto/job.proto); servers and workers as many as it says\n"
    "  --output DIR          where the vectors, the log and the result go; made where it does not exist\n"
    "  --no_progress_lines   no lines for people on standard error; log.jsonl has the same\n"
    "  --help, --version\n";

std::atomic<int> last_signal = 0;
pid_t parent = 0;  // mpirun, or its daemon on this host.

// Open MPI ends its ranks by SIGCONT, and a second later SIGTERM and SIGKILL at once: the second is there before the
// SIGTERM, so its SIGCONT is the word to heed. That of anyone else, after a pause of this process, is not.
void HandleSignal(int signal, siginfo_t* info, void*) {
  if (signal == SIGCONT && info->si_pid != parent) return;
  // One that is less urgent than what waits to be heeded is dropped.
  const auto urgency = [](int s) { return s == 0 ? 0 : s == SIGUSR1 ? 1 : s == SIGUSR2 ? 2 : 3; };
  if (urgency(signal) >= urgency(last_signal.load())) last_signal.store(signal);
}

// SIGUSR1 and SIGUSR2 wait from the start of the program until they can be heeded, which MPI's own start delays.
sigset_t UserSignals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGUSR1, SIGUSR2}) sigaddset(&signals, signal);
  return signals;
}

void CatchSignals() {
  parent = ::getppid();
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_sigaction = HandleSignal;
  action.sa_flags = SA_SIGINFO;
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGCONT, SIGUSR1, SIGUSR2}) ::sigaction(signal, &action, nullptr);
  const sigset_t waiting = UserSignals();
  ::sigprocmask(SIG_UNBLOCK, &waiting, nullptr);
}

struct CommandLine {
  std::string job_file;
  std::string output_directory;
  bool print_progress = true;
};

absl::StatusOr<CommandLine> ParseCommandLine(int argc, char** argv) {
  CommandLine line;
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag == "--no_progress_lines") {
      line.print_progress = false;
    } else if (flag == "--job" || flag == "--output") {
      if (++i == argc) return InvalidArgument(flag, " wants a path after it");
      (flag == "--job" ? line.job_file : line.output_directory) = argv[i];
    } else {
      return InvalidArgument("unknown argument \"", flag, "\"");
    }
  }
  if (line.job_file.empty()) return InvalidArgument("--job FILE is missing");
  if (line.output_directory.empty()) return InvalidArgument("--output DIR is missing");
  return line;
}

absl::StatusOr<job::Job> ReadJobFile(const std::string& path) {
  ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  ASSIGN_OR_RETURN(job::Job job, ParseJob(text, path));
  RETURN_IF_ERROR(ValidateJob(job)) << path;
  return job;
}

absl::StatusOr<CoordinatorOptions> Options(int argc, char** argv) {
  ASSIGN_OR_RETURN(const CommandLine line, ParseCommandLine(argc, argv));
  ASSIGN_OR_RETURN(job::Job job, ReadJobFile(line.job_file));
  SetLogsInfo(!job.progress().quiet());
  return CoordinatorOptions{.job = std::move(job),
                            .output_directory = line.output_directory,
                            .print_progress = line.print_progress,
                            .signal = &last_signal};
}

// Before MPI starts, which takes a second and the whole job with it.
bool AnswerHelpOrVersion(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    const std::string_view flag = argv[i];
    if (flag != "--help" && flag != "--version") continue;
    const std::string text = flag == "--help" ? std::string(kHelp) : Cat("shoal-coordinator ", Version(), "\n");
    fputs(text.c_str(), stdout);
    return true;
  }
  return false;
}

int Main(int argc, char** argv) {
  SetLogName("coordinator");
  if (AnswerHelpOrVersion(argc, argv)) return kDone;
  auto endpoint = MpiEndpoint::Create(&argc, &argv, Backoff::Expecting::kControl);
  if (!endpoint.ok()) {
    LogError(ToStd(endpoint.status().message()));
    return kFailed;
  }
  CatchSignals();
  const auto options = Options(argc, argv);
  if (!options.ok()) {
    LogError(ToStd(options.status().message()));
    (*endpoint)->Abort(kUsedWrongly);
  }
  const absl::Status status = Caught([&] { return RunCoordinator(*options, endpoint->get(), Platform::Real()); });
  if (!status.ok()) (*endpoint)->Abort(kFailed);
  return kDone;
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  const sigset_t waiting = shoal::UserSignals();
  ::sigprocmask(SIG_BLOCK, &waiting, nullptr);
  // No role outlives its mpirun, however that ends.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  try {
    return shoal::Main(argc, argv);
  } catch (const std::exception& error) {
    shoal::LogError(error.what());
    return shoal::kFailed;
  }
}
