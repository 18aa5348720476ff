#include "common/machine.h"

#include <sched.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/files.h"
#include "common/text.h"

namespace shoal {
namespace {

constexpr uint64_t kNoLimit = std::numeric_limits<uint64_t>::max();

// The number at the start of a file of the kernel's; kNoLimit where there is none ("max", or no such file).
uint64_t NumberIn(const std::string& path) {
  const auto text = ReadFile(path);
  uint64_t number = 0;
  if (!text.ok() || !absl::SimpleAtoi(absl::StripAsciiWhitespace(*text), &number)) return kNoLimit;
  return number;
}

// Of a line "NAME NUMBER", as in memory.stat, or "NAME NUMBER kB", as in meminfo; 0 where there is none.
uint64_t NamedNumberIn(const std::string& path, std::string_view name) {
  const auto text = ReadFile(path);
  if (!text.ok()) return 0;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ', absl::SkipEmpty());
    uint64_t number = 0;
    if (parts.size() >= 2 && ToStd(parts[0]) == name && absl::SimpleAtoi(parts[1], &number)) return number;
  }
  return 0;
}

// The folders of this process' control group and its ancestors, the limits of all of which hold, for `controller` of
// version 1, or of version 2 where it is empty.
std::vector<std::string> ControlGroupFolders(std::string_view controller) {
  const auto text = ReadFile("/proc/self/cgroup");
  if (!text.ok()) return {};
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    const std::vector<std::string> parts = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (parts.size() != 3 || parts[1] != controller) continue;
    const std::string root = controller.empty() ? "/sys/fs/cgroup" : Cat("/sys/fs/cgroup/", controller);
    std::vector<std::string> folders = {root};
    for (const absl::string_view part : absl::StrSplit(parts[2], '/', absl::SkipEmpty())) {
      folders.push_back(Cat(folders.back(), "/", ToStd(part)));
    }
    return folders;
  }
  return {};
}

// What a limit leaves: without what is used, but for the cache of files that the kernel takes back.
uint64_t Left(uint64_t limit, uint64_t used, uint64_t cache) {
  if (limit == kNoLimit || used == kNoLimit) return limit;
  return limit - std::min(limit, used - std::min(used, cache));
}

uint64_t ControlGroupMemory() {
  uint64_t left = kNoLimit;
  for (const std::string& folder : ControlGroupFolders("")) {
    left = std::min(left, Left(NumberIn(Cat(folder, "/memory.max")), NumberIn(Cat(folder, "/memory.current")),
                               NamedNumberIn(Cat(folder, "/memory.stat"), "inactive_file")));
  }
  for (const std::string& folder : ControlGroupFolders("memory")) {
    left = std::min(
        left, Left(NumberIn(Cat(folder, "/memory.limit_in_bytes")), NumberIn(Cat(folder, "/memory.usage_in_bytes")),
                   NamedNumberIn(Cat(folder, "/memory.stat"), "total_inactive_file")));
  }
  return left;
}

// Cores' worth of time that the control groups allow (version 2's "quota period").
double ControlGroupCores() {
  double cores = std::numeric_limits<double>::max();
  for (const std::string& folder : ControlGroupFolders("")) {
    const auto text = ReadFile(Cat(folder, "/cpu.max"));
    if (!text.ok()) continue;
    const std::vector<std::string> parts = absl::StrSplit(absl::StripAsciiWhitespace(*text), ' ');
    double quota = 0, period = 0;
    if (parts.size() == 2 && absl::SimpleAtod(parts[0], &quota) && absl::SimpleAtod(parts[1], &period) && period > 0) {
      cores = std::min(cores, quota / period);
    }
  }
  return cores;
}

// Container runtimes forbid the call even on oneself where they forbid it at all.
bool CanReadPeers() {
  char from = 1, to = 0;
  iovec local{&to, 1}, remote{&from, 1};
  return ::process_vm_readv(::getpid(), &local, 1, &remote, 1, 0) == 1;
}

}  // namespace

uint32_t CoresToUse() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  uint32_t cores = 1;
  if (::sched_getaffinity(0, sizeof(allowed), &allowed) == 0) cores = CPU_COUNT(&allowed);
  const double quota = std::max(1.0, std::ceil(ControlGroupCores()));
  return quota < cores ? static_cast<uint32_t>(quota) : cores;
}

Machine Machine::Inspect() {
  Machine machine;
  machine.cores = CoresToUse();
  const uint64_t available = NamedNumberIn("/proc/meminfo", "MemAvailable:") * 1024, limit = ControlGroupMemory();
  machine.memory_bytes = std::min(available, limit);
  machine.memory_limited_by = limit < available ? "what the control group's limit leaves" : "the machine's free memory";
  machine.is_root = ::geteuid() == 0;
  machine.reads_peers = CanReadPeers();
  return machine;
}

}  // namespace shoal
