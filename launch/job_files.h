// The files that a job names and the folder of its results, looked at before anything is started.
//
// Mistakes go to `mistakes`, a line each. Thread rule: safe from any thread.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/job.pb.h"

namespace shoal {

// That every file and folder that `job` reads is there and readable, and its hostfile well formed.
void CheckFilesOf(const job::Job& job, std::vector<std::string>* mistakes);

// That results can be written to `output`, which need not exist; and, unless `force`, that neither a finished run's are
// there nor files of their names that no run left.
void CheckOutputFolder(const std::string& output, bool force, std::vector<std::string>* mistakes);

// So that the job, kept with its results, means the same from any folder.
void MakePathsAbsolute(job::Job* job);

// Claims `output`, which exists, for this process and all that it starts, until the last of them has ended.
// FailedPrecondition: another run writes there. Where the file system has no locks, nothing is claimed.
absl::Status LockOutputFolder(const std::string& output);

// Removes what an earlier run left in `output`, so that nothing in it tells of a run but the coming one's.
void RemoveOldResults(const std::string& output);

}  // namespace shoal
