// Processes below this one: who they are, and ending all of them.
//
// Thread rule: StartTimeOf from any thread; the rest by the thread that waits for children.

#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/clock.h"

namespace shoal {

// In clock ticks since the machine's start; with the id it names a process for good. 0 where there is none.
uint64_t StartTimeOf(pid_t pid);

// Children, their children and so on, of `pid`, at this moment.
std::vector<pid_t> DescendantsOf(pid_t pid);

// "shoal-coordinator (process 123)" for each process below this one.
std::vector<std::string> NamesOfDescendants();

// Makes this process the parent of all whose own parent dies below it, so that none is lost from sight.
void AdoptOrphans();

// Kills all processes below this one and collects them, until there are none or `deadline` passes. True: none is left.
bool KillDescendants(Clock& clock, absl::Time deadline);

}  // namespace shoal
