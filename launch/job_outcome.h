// JobOutcome: what came of a job that was run, in words for its user: the reason of a failure once, whoever told it.
//
// A failed job is heard of in many ways: result.json, the last words of its roles, what mpirun says between its dashes.
// The one that is nearest to the cause is the reason; what only repeats it is dropped.
//
// Thread rule: safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/run/run_result.h"
#include "launch/supervisor.h"
#include "proto/job.pb.h"

namespace shoal {

struct JobOutcome {
  bool done = false;
  // Lines to print first: what roles said that the reason does not, and of a crash what mpirun says about it.
  std::vector<std::string> details;
  std::string reason;        // Why there are no results. Empty where `done`.
  bool restartable = false;  // A process was lost: to start it again may well help.
  std::string place;         // Of what or when it died, "in unit 7 ..."; empty where that is not known.

  // `checkpoint`: the newest in the output folder; 0: none.
  static JobOutcome Of(const SupervisedRun& run, const absl::StatusOr<RunResult>& result, const job::Job& job,
                       uint64_t checkpoint);
};

}  // namespace shoal
