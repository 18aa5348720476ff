// Whether a job may go on from another's checkpoint.
//
// Pure functions; safe from any thread.

#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "proto/job.pb.h"

namespace shoal {

// The fields in which `job` differs from `saved`, the job of a checkpoint, such that what was trained would not be what
// `job` trains: a line each, "objective.skip_gram.dim is 300, and the checkpoint's is 100". Machines, processes,
// heartbeats, metrics, progress, evaluation and checkpoints may differ, how rows travel, where the data lies (its
// content is compared otherwise), and the number of epochs where there are more.
std::vector<std::string> DifferencesThatMatter(const job::Job& job, const job::Job& saved);

// FailedPrecondition holds them all, and the cure.
absl::Status CheckMayGoOn(const job::Job& job, const job::Job& saved);

}  // namespace shoal
