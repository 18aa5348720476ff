#include "data/parallel.h"

#include <algorithm>
#include <mutex>
#include <new>
#include <system_error>
#include <thread>
#include <vector>

#include "common/machine.h"
#include "common/status.h"

namespace shoal {
namespace {

absl::Status WithoutThrowing(const std::function<absl::Status()>& body) {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return ResourceExhausted("out of memory");
  }
}

}  // namespace

absl::Status RunOnThreads(uint32_t threads, const std::function<absl::Status()>& body,
                          const std::function<void()>& stop) {
  std::mutex mutex;
  absl::Status first;
  const auto run = [&] {
    const absl::Status status = WithoutThrowing(body);
    if (status.ok()) return;
    {
      const std::lock_guard lock(mutex);
      first.Update(status);
    }
    if (stop) stop();
  };
  std::vector<std::jthread> others;
  try {
    while (others.size() + 1 < threads) others.emplace_back(run);
  } catch (const std::system_error&) {
    // The machine gives no more threads; those there are do the work.
  }
  run();
  others.clear();
  return first;
}

uint32_t ThreadsToUse(uint32_t wanted) { return wanted > 0 ? wanted : CoresToUse(); }

}  // namespace shoal
