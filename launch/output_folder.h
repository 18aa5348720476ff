// The folder of a run's results: whether it may be written to, what an earlier run left in it, and whether the coming
// run goes on from there.
//
// Thread rule: safe from any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/job.pb.h"

namespace shoal {

// That results can be written to `output`, which need not exist; and, unless `force`, that neither a finished run's are
// there nor files of their names that no run left, nor a checkpoint of a job that `job` cannot go on from. Mistakes are
// a line each. The checkpoint that the run would go on from; nothing: it begins anew.
std::optional<uint64_t> CheckOutputFolder(const std::string& output, const job::Job& job, bool force,
                                          std::vector<std::string>* mistakes);

// The number of the newest checkpoint in `output` that is whole by its looks.
std::optional<uint64_t> NewestCheckpoint(const std::string& output);

// Claims `output`, which exists, for this process and all that it starts, until the last of them has ended.
// FailedPrecondition: another run writes there. Where the file system has no locks, nothing is claimed.
absl::Status LockOutputFolder(const std::string& output);

// Removes what an earlier run left in `output`, so that nothing in it tells of a run but the coming one's. Where the
// run `goes_on` it is its own: all but the result stays, until it is replaced.
absl::Status RemoveOldResults(const std::string& output, bool goes_on);

}  // namespace shoal
