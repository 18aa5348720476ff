#include "launch/supervisor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "common/status.h"
#include "launch/processes.h"
#include "launch/program.h"
#include "launch/progress_bar.h"
#include "launch/screen.h"

namespace shoal {
namespace {

// So often the log is looked at, and mpirun's end is asked for.
constexpr absl::Duration kTick = absl::Milliseconds(100);
constexpr absl::Duration kKillDeadline = absl::Milliseconds(500);
constexpr int kCannotRun = 127;  // The shell's code for it.

struct Pipe {
  int read_end = -1, write_end = -1;

  Pipe() {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return;
    read_end = ends[0];
    write_end = ends[1];
    ::fcntl(read_end, F_SETFL, O_NONBLOCK);
  }
  ~Pipe() {
    CloseWriteEnd();
    if (read_end >= 0) ::close(read_end);
  }
  void CloseWriteEnd() {
    if (write_end >= 0) ::close(std::exchange(write_end, -1));
  }
};

// The child's side of the fork: becomes mpirun, or ends with kCannotRun.
[[noreturn]] void BecomeMpirun(const SupervisorOptions& options, pid_t supervisor, const sigset_t& signals, int out,
                               int error) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != supervisor) ::_exit(kCannotRun);  // It died before the line above.
  ::signal(SIGUSR1, SIG_IGN);                          // It would end an mpirun that does not pass it on yet.
  ::signal(SIGPIPE, SIG_DFL);
  ::sigprocmask(SIG_SETMASK, &signals, nullptr);
  for (const auto& [name, value] : options.environment) ::setenv(name.c_str(), value.c_str(), 1);
  // A terminal's input would stop a background group.
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(out, STDOUT_FILENO);
  ::dup2(error, STDERR_FILENO);
  std::vector<char*> arguments;
  for (const std::string& argument : options.arguments) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  ::execvp(arguments[0], arguments.data());
  ::_exit(kCannotRun);
}

class Run {
 public:
  Run(const SupervisorOptions& options, StopSignals& signals, const Offspring& offspring, Clock& clock)
      : options_(options),
        clock_(clock),
        signals_(signals),
        offspring_(offspring),
        log_(options.log_path),
        screen_(STDOUT_FILENO, STDERR_FILENO) {}

  absl::StatusOr<SupervisedRun> ToItsEnd() {
    if (out_.read_end < 0 || error_.read_end < 0) return ErrnoError(errno, "cannot make pipes to mpirun");
    if (const auto mpirun = FindProgram(options_.arguments[0]); !mpirun.ok()) {
      return Unavailable(mpirun.status().message(), "; it comes with Debian's package openmpi-bin");
    }
    const pid_t supervisor = ::getpid();
    mpirun_ = ::fork();
    if (mpirun_ < 0) return ErrnoError(errno, "cannot start mpirun");
    if (mpirun_ == 0) BecomeMpirun(options_, supervisor, signals_.before(), out_.write_end, error_.write_end);
    ::setpgid(mpirun_, mpirun_);  // Both sides do it: whichever comes first.
    out_.CloseWriteEnd();
    error_.CloseWriteEnd();
    while (!ended_) Tick();
    if (!offspring_.Kill(clock_, clock_.Now() + kKillDeadline)) end_.left = offspring_.Names();
    Relay(out_, &out_lines_, false);
    Relay(error_, &error_lines_, true);
    WriteLines(out_lines_.TakeRest(), false);
    WriteLines(error_lines_.TakeRest(), true);
    screen_.SetBar("");
    end_.mpirun_words = out_lines_.mpirun_words() + error_lines_.mpirun_words();
    end_.errors = error_lines_.errors();
    return end_;
  }

 private:
  void Tick() {
    pollfd wait_for[] = {{signals_.fd(), POLLIN, 0},
                         {out_open_ ? out_.read_end : -1, POLLIN, 0},
                         {error_open_ ? error_.read_end : -1, POLLIN, 0}};
    ::poll(wait_for, std::size(wait_for), static_cast<int>(absl::ToInt64Milliseconds(kTick)));
    if (const int signal = signals_.Take(); signal != 0) Heed(signal);
    LookForResult();
    if (clock_.Now() >= end_at_) EndNow();
    out_open_ = Relay(out_, &out_lines_, false);
    error_open_ = Relay(error_, &error_lines_, true);
    if (options_.draw_bar && end_.stop_signal == 0) DrawBar();
    if (clock_.Now() >= kill_at_) ::kill(mpirun_, SIGKILL);
    Collect();
  }

  void LookForResult() {
    if (result_seen_ || ::access(options_.result_path.c_str(), F_OK) != 0) return;
    result_seen_ = true;
    end_at_ = std::min(end_at_, clock_.Now() + options_.patience_after_result);
  }

  void Heed(int signal) {
    if (signal == SIGUSR1) {
      ::kill(mpirun_, SIGUSR1);
      return;
    }
    if (end_.stop_signal != 0) return EndNow();
    end_.stop_signal = signal;
    screen_.SetBar("");
    if (options_.checkpoint_grace <= absl::ZeroDuration()) return EndNow();
    if (signal == SIGINT) WriteLines("shoal: stops after a checkpoint; Ctrl-C again stops at once\n", true);
    ::kill(mpirun_, SIGUSR2);
    end_at_ = clock_.Now() + options_.checkpoint_grace;
  }

  // By mpirun; asked again, by force.
  void EndNow() {
    end_at_ = absl::InfiniteFuture();
    const bool again = kill_at_ != absl::InfiniteFuture();
    kill_at_ = clock_.Now() + (again ? absl::ZeroDuration() : options_.grace);
    if (!again) ::kill(mpirun_, SIGTERM);
  }

  // False once the pipe has ended.
  bool Relay(const Pipe& pipe, MpirunOutput* lines, bool to_error) {
    char chunk[1 << 14];
    while (true) {
      const ssize_t n = ::read(pipe.read_end, chunk, sizeof(chunk));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) return n < 0 && errno == EAGAIN;
      WriteLines(lines->Take({chunk, static_cast<size_t>(n)}), to_error);
    }
  }

  void WriteLines(const std::string& lines, bool to_error) { screen_.Write(to_error, lines); }

  void DrawBar() {
    const std::string line = log_.LastNewLine();
    if (line.empty()) return;
    const std::string bar = BarOf(line, TerminalColumns(STDERR_FILENO));
    if (!bar.empty()) screen_.SetBar(bar);
  }

  // Collects mpirun, and ranks that have lost theirs.
  void Collect() {
    int status = 0;
    for (pid_t pid; (pid = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      if (pid != mpirun_) continue;
      ended_ = true;
      end_.exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
  }

  const SupervisorOptions& options_;
  Clock& clock_;
  StopSignals& signals_;
  const Offspring& offspring_;
  Pipe out_, error_;
  bool out_open_ = true, error_open_ = true;
  MpirunOutput out_lines_, error_lines_;
  LogFollower log_;
  Screen screen_;
  pid_t mpirun_ = -1;
  bool ended_ = false;
  bool result_seen_ = false;
  absl::Time end_at_ = absl::InfiniteFuture();   // By SIGTERM.
  absl::Time kill_at_ = absl::InfiniteFuture();  // By SIGKILL.
  SupervisedRun end_;
};

}  // namespace

StopSignals::StopSignals() {
  sigset_t stop;
  sigemptyset(&stop);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGUSR1}) {
    // What whoever started this process has it ignore, as nohup does the hangup, a descriptor would give all the same.
    struct sigaction now;
    if (::sigaction(signal, nullptr, &now) == 0 && now.sa_handler != SIG_IGN) sigaddset(&stop, signal);
  }
  ::sigprocmask(SIG_BLOCK, &stop, &before_);
  fd_ = ::signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
}

StopSignals::~StopSignals() {
  while (Take() != 0) {
  }
  ::close(fd_);
  ::sigprocmask(SIG_SETMASK, &before_, nullptr);
}

int StopSignals::Take() {
  signalfd_siginfo info;
  return ::read(fd_, &info, sizeof(info)) == sizeof(info) ? static_cast<int>(info.ssi_signo) : 0;
}

int StopSignals::Wait(absl::Duration duration, Clock& clock) {
  const absl::Time end = clock.Now() + duration;
  while (clock.Now() < end) {
    pollfd wait_for = {fd_, POLLIN, 0};
    ::poll(&wait_for, 1, static_cast<int>(absl::ToInt64Milliseconds(std::min(kTick, end - clock.Now()))));
    if (const int signal = Take(); signal != 0 && signal != SIGUSR1) return signal;
  }
  return 0;
}

absl::StatusOr<SupervisedRun> Supervise(const SupervisorOptions& options, StopSignals& signals,
                                        const Offspring& offspring, Clock& clock) {
  return Run(options, signals, offspring, clock).ToItsEnd();
}

}  // namespace shoal
