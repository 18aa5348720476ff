#include "launch/processes.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <map>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "common/files.h"
#include "common/text.h"

namespace shoal {
namespace {

// The fields of /proc/PID/stat from the third, the state, on: the second, the program's name, may hold anything.
std::vector<std::string> StatFields(pid_t pid) {
  const auto text = ReadFile(Cat("/proc/", pid, "/stat"));
  if (!text.ok()) return {};
  const size_t name_end = text->rfind(") ");
  if (name_end == std::string::npos) return {};
  return absl::StrSplit(text->substr(name_end + 2), ' ');
}

constexpr size_t kParentField = 1, kStartTimeField = 19;  // proc(5) counts from 1 and has two fields before.

}  // namespace

uint64_t StartTimeOf(pid_t pid) {
  const std::vector<std::string> fields = StatFields(pid);
  uint64_t ticks = 0;
  if (fields.size() > kStartTimeField) (void)absl::SimpleAtoi(fields[kStartTimeField], &ticks);
  return ticks;
}

std::vector<pid_t> DescendantsOf(pid_t pid) {
  std::multimap<pid_t, pid_t> children;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    pid_t child = 0, parent = 0;
    if (!absl::SimpleAtoi(entry.path().filename().string(), &child)) continue;
    const std::vector<std::string> fields = StatFields(child);
    if (fields.size() > kParentField && absl::SimpleAtoi(fields[kParentField], &parent))
      children.emplace(parent, child);
  }
  std::vector<pid_t> found = {pid};
  for (size_t i = 0; i < found.size(); ++i) {
    const auto [begin, end] = children.equal_range(found[i]);
    for (auto child = begin; child != end; ++child) found.push_back(child->second);
  }
  found.erase(found.begin());
  return found;
}

std::vector<std::string> NamesOfDescendants() {
  std::vector<std::string> names;
  for (const pid_t pid : DescendantsOf(::getpid())) {
    std::error_code gone;
    const std::string program = std::filesystem::read_symlink(Cat("/proc/", pid, "/exe"), gone).filename();
    names.push_back(Cat(program, " (process ", pid, ")"));
  }
  return names;
}

void AdoptOrphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

bool KillDescendants(Clock& clock, absl::Time deadline) {
  while (true) {
    for (const pid_t pid : DescendantsOf(::getpid())) ::kill(pid, SIGKILL);
    pid_t collected;
    do {
      collected = ::waitpid(-1, nullptr, WNOHANG);
    } while (collected > 0);
    if (collected < 0 && errno == ECHILD) return true;
    if (clock.Now() >= deadline) return false;
    clock.SleepFor(absl::Milliseconds(5));
  }
}

}  // namespace shoal
