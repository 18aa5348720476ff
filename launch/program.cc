#include "launch/program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr int kCannotRun = 127;  // The shell's code for it.

std::vector<char*> ForExec(const std::vector<std::string>& arguments) {
  std::vector<char*> pointers;
  for (const std::string& argument : arguments) pointers.push_back(const_cast<char*>(argument.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

// Starts the program with `output` as its standard output and error, or with this process' own where that is -1.
pid_t Start(const std::vector<std::string>& arguments, int output) {
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::signal(SIGPIPE, SIG_DFL);
  if (::getppid() != parent) ::_exit(kCannotRun);
  if (output >= 0) {
    ::setpgid(0, 0);
    ::dup2(output, STDOUT_FILENO);
    ::dup2(output, STDERR_FILENO);
  }
  ::execvp(arguments[0].c_str(), ForExec(arguments).data());
  ::_exit(kCannotRun);
}

int WaitFor(pid_t child) {
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

absl::Status CannotRun(const std::vector<std::string>& arguments, int error) {
  return ErrnoError(error, Cat("cannot run ", absl::StrJoin(arguments, " ")));
}

}  // namespace

absl::StatusOr<std::string> FindProgram(const std::string& name) {
  if (absl::StrContains(name, "/")) {
    if (::access(name.c_str(), X_OK) == 0) return name;
    return ErrnoError(errno, Cat("cannot run ", name));
  }
  const char* path = ::getenv("PATH");
  for (const absl::string_view folder : absl::StrSplit(path == nullptr ? "/usr/bin:/bin" : path, ':')) {
    const std::string candidate = Cat(folder.empty() ? "." : ToStd(folder), "/", name);
    if (::access(candidate.c_str(), X_OK) == 0) return candidate;
  }
  return NotFound(name, " is in no folder of PATH");
}

absl::Status BecomeProgram(const std::vector<std::string>& arguments) {
  ::signal(SIGPIPE, SIG_DFL);
  ::execvp(arguments[0].c_str(), ForExec(arguments).data());
  return CannotRun(arguments, errno);
}

absl::StatusOr<int> RunProgram(const std::vector<std::string>& arguments) {
  const pid_t child = Start(arguments, -1);
  if (child < 0) return CannotRun(arguments, errno);
  return WaitFor(child);
}

absl::StatusOr<ProgramOutput> RunProgramQuietly(const std::vector<std::string>& arguments, Clock& clock,
                                                absl::Time deadline) {
  constexpr size_t kMaxBytes = size_t{64} << 10;
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return CannotRun(arguments, errno);
  const pid_t child = Start(arguments, ends[1]);
  const int error = errno;
  ::close(ends[1]);
  ProgramOutput output;
  bool late = false;
  while (child > 0 && !late) {
    pollfd wait_for{ends[0], POLLIN, 0};
    const auto left = std::max<int64_t>(0, absl::ToInt64Milliseconds(deadline - clock.Now()));
    if (::poll(&wait_for, 1, static_cast<int>(std::min<int64_t>(left, 1000))) > 0) {
      char chunk[4096];
      const ssize_t n = ::read(ends[0], chunk, sizeof(chunk));
      if (n == 0 || (n < 0 && errno != EINTR)) break;
      if (n > 0 && output.text.size() < kMaxBytes) output.text.append(chunk, n);
    }
    late = clock.Now() >= deadline;
  }
  ::close(ends[0]);
  if (child < 0) return CannotRun(arguments, error);
  if (late) ::kill(child, SIGKILL);
  output.exit_code = WaitFor(child);
  if (late) return DeadlineExceeded(absl::StrJoin(arguments, " "), " did not end in time");
  return output;
}

}  // namespace shoal
