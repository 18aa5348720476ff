// The files that a job names, looked at before anything is started.
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

// That neither the results nor what is prepared become data to train on: that `output` and the job's cache folder are
// in no folder of text or pictures, or out of its sight, below a name that begins with a dot.
void CheckFoldersApart(const std::string& output, const job::Job& job, std::vector<std::string>* mistakes);

// So that the job, kept with its results, means the same from any folder.
void MakePathsAbsolute(job::Job* job);

}  // namespace shoal
