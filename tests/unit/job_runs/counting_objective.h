// CountingObjective: an objective whose training is to count the items it passes; for tests of everything around it.
//
// Thread rule: an objective belongs to its worker's thread; TrainedItems is safe from any.

#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/clock.h"
#include "coordinator/preparation.h"
#include "worker/worker.h"

namespace shoal {

class TrainedItems {
 public:
  void Add(uint32_t epoch, uint64_t item, uint32_t worker) {
    const std::lock_guard lock(mutex_);
    ++times_[{epoch, item}];
    ++by_worker_[worker];
  }
  // (epoch, item) -> times.
  std::map<std::pair<uint32_t, uint64_t>, int> times() const {
    const std::lock_guard lock(mutex_);
    return times_;
  }
  std::map<uint32_t, uint64_t> by_worker() const {
    const std::lock_guard lock(mutex_);
    return by_worker_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::pair<uint32_t, uint64_t>, int> times_;
  std::map<uint32_t, uint64_t> by_worker_;
};

struct CountingOptions {
  absl::Duration step_time = absl::ZeroDuration();
  Clock* clock = &Clock::Real();  // Of the step's time.
  // Returned by the step that passes `fail_at`, where it is not OK.
  absl::Status failure;
  uint64_t fail_at = 0;
  // Each item adds 1 to a row of its own on the servers, and the export writes the rows, "2 2 2 ...", into rows.txt: so
  // what was trained twice or never in the history that survived shows.
  uint64_t rows = 0;
};

// Workers that count into `items`, an item a step.
WorkerParts CountingParts(TrainedItems* items, CountingOptions options = {});

// Data of `items` items of 10 words each, in units of `items_of_a_unit`; as many words as items, for their rows.
PrepareFunction ItemsOf(uint64_t items, uint64_t items_of_a_unit);

}  // namespace shoal
