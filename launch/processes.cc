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

// Below `pid`, but for `strangers` and what is below them.
std::vector<pid_t> Below(pid_t pid, const std::map<pid_t, uint64_t>& strangers) {
  std::multimap<pid_t, pid_t> children;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", error)) {
    pid_t child = 0, parent = 0;
    if (!absl::SimpleAtoi(entry.path().filename().string(), &child)) continue;
    const std::vector<std::string> fields = StatFields(child);
    if (fields.size() > kParentField && absl::SimpleAtoi(fields[kParentField], &parent))
      children.emplace(parent, child);
  }
  const auto is_stranger = [&strangers](pid_t child) {
    const auto found = strangers.find(child);
    return found != strangers.end() && StartTimeOf(child) == found->second;
  };
  std::vector<pid_t> found = {pid};
  for (size_t i = 0; i < found.size(); ++i) {
    const auto [begin, end] = children.equal_range(found[i]);
    for (auto child = begin; child != end; ++child) {
      if (!is_stranger(child->second)) found.push_back(child->second);
    }
  }
  found.erase(found.begin());
  return found;
}

}  // namespace

uint64_t StartTimeOf(pid_t pid) {
  const std::vector<std::string> fields = StatFields(pid);
  uint64_t ticks = 0;
  if (fields.size() > kStartTimeField) (void)absl::SimpleAtoi(fields[kStartTimeField], &ticks);
  return ticks;
}

std::vector<pid_t> DescendantsOf(pid_t pid) { return Below(pid, {}); }

Offspring::Offspring() {
  for (const pid_t pid : DescendantsOf(::getpid())) strangers_[pid] = StartTimeOf(pid);
  ::prctl(PR_SET_CHILD_SUBREAPER, 1);
}

std::vector<pid_t> Offspring::Now() const { return Below(::getpid(), strangers_); }

std::vector<std::string> Offspring::Names() const {
  std::vector<std::string> names;
  for (const pid_t pid : Now()) {
    std::error_code gone;
    const std::string program = std::filesystem::read_symlink(Cat("/proc/", pid, "/exe"), gone).filename();
    names.push_back(Cat(program, " (process ", pid, ")"));
  }
  return names;
}

bool Offspring::Kill(Clock& clock, absl::Time deadline) const {
  while (true) {
    for (const pid_t pid : Now()) ::kill(pid, SIGKILL);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    if (Now().empty()) return true;
    if (clock.Now() >= deadline) return false;
    clock.SleepFor(absl::Milliseconds(5));
  }
}

}  // namespace shoal
