// One piece of work on several threads, ended by the first error.
//
// Thread rule: the calling thread is one of the threads; all others are joined before it returns.

#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include "absl/status/status.h"

namespace shoal {

// A thread that waits for another looks so often whether the work was given up.
inline constexpr std::chrono::milliseconds kGiveUpLook{100};

// Runs `body` on `threads` threads at once (1 or more) and returns the first error that one of them returned. Out of
// memory in `body` is an error too, ResourceExhausted. `stop` is called after each error, by the thread that had it: it
// makes the others return from `body` soon, and wakes those that wait for this one; a body that waits for no other
// thread may go without.
absl::Status RunOnThreads(uint32_t threads, const std::function<absl::Status()>& body,
                          const std::function<void()>& stop = nullptr);

// `wanted`, or one for each core that this process may use where it is 0.
uint32_t ThreadsToUse(uint32_t wanted);

}  // namespace shoal
