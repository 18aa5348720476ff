// Processes below this one: who they are, and ending all of them.
//
// Thread rule: StartTimeOf from any thread; the rest by the thread that waits for children.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/clock.h"

namespace shoal {

// In clock ticks since the machine's start; with the id it names a process for good. 0 where there is none.
uint64_t StartTimeOf(pid_t pid);

// Children, their children and so on, of `pid`, at this moment.
std::vector<pid_t> DescendantsOf(pid_t pid);

// The processes that this one starts, and all that these do, from its making on: not those that were below it before,
// as the background jobs of a script that became this program by exec. Orphans among them become this one's children,
// so that none is lost from sight.
class Offspring {
 public:
  Offspring();

  // Those there are.
  std::vector<pid_t> Now() const;
  // "shoal-coordinator (process 123)" for each.
  std::vector<std::string> Names() const;
  // Kills and collects them, until there are none or `deadline` passes. True: none is left.
  bool Kill(Clock& clock, absl::Time deadline) const;

 private:
  std::map<pid_t, uint64_t> strangers_;  // Their start times.
};

}  // namespace shoal
