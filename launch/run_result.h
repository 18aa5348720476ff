// RunResult: how a run ended, from the result.json that its coordinator writes last.
//
// Thread rule: Read from any thread; the rest is a value.

#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace shoal {

struct RunResult {
  bool done = false;
  std::string reason;  // Why it failed.
  double words = 0, seconds = 0, words_per_second = 0, loss = 0;
  // The longest first; of the job by the clock on the wall, and of the workers summed over all.
  std::vector<std::pair<std::string, double>> seconds_by_phase, worker_seconds_by_phase;

  // NotFound: no run has ended in `output`. DataLoss: result.json is not what it should be.
  static absl::StatusOr<RunResult> Read(const std::string& output);
};

}  // namespace shoal
