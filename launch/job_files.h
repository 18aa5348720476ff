// The files that a job names and the folder of its results, looked at before anything is started.
//
// Mistakes go to `mistakes`, a line each. Thread rule: safe from any thread.

#pragma once

#include <string>
#include <vector>

#include "proto/job.pb.h"

namespace shoal {

// That every file and folder that `job` reads is there and readable, and its hostfile well formed.
void CheckFilesOf(const job::Job& job, std::vector<std::string>* mistakes);

// That results can be written to `output`, which need not exist; and, unless `force`, that no finished run's are there.
void CheckOutputFolder(const std::string& output, bool force, std::vector<std::string>* mistakes);

// So that the job, kept with its results, means the same from any folder.
void MakePathsAbsolute(job::Job* job);

// Removes what an earlier run left in `output`, so that nothing in it tells of a run but the coming one's.
void RemoveOldResults(const std::string& output);

}  // namespace shoal
