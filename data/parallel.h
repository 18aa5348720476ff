// One piece of work on several threads, ended by the first error.
//
// Thread rule: the calling thread is one of the threads; all others are joined before it returns.

#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/status.h"

namespace shoal {

// Runs `body` on `threads` threads at once (1 or more) and returns the first error that one of them returned. The
// others must notice by themselves that there is no more to do. Out of memory in `body` becomes ResourceExhausted.
absl::Status RunOnThreads(uint32_t threads, const std::function<absl::Status()>& body);

// `wanted`, or one for each core that this process may use where it is 0.
uint32_t ThreadsToUse(uint32_t wanted);

}  // namespace shoal
