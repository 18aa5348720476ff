// DescribePlan: what `shoal plan` tells of a job before it runs: its data, units, roles, memory, and mpirun line; and
// the facts of the data that this takes.
//
// Functions of their arguments and of the files these name; safe from any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/machine.h"
#include "common/text.h"
#include "data/prepared_data.h"
#include "launch/memory_plan.h"
#include "launch/mpirun_command.h"
#include "launch/training_request.h"

namespace shoal {

// Prepares the request's data, or takes what an earlier run prepared, with progress on standard error where that is a
// terminal. Errors: as PrepareData.
absl::StatusOr<PreparedData> PrepareRequestedData(const TrainingRequest& request);

// Words in the vocabulary of the request's text, where an earlier run prepared it; nothing where that is still to do.
std::optional<uint64_t> PreparedVocabulary(const TrainingRequest& request);

// Where the planned job is kept for the mpirun line: beside the job.textproto of a run that is or was there.
inline std::string PlannedJobFile(const TrainingRequest& request) { return Cat(request.output, "/plan.textproto"); }

// What to print.
std::string DescribePlan(const TrainingRequest& request, const PreparedData& data, const MemoryPlan& memory,
                         const MpirunCommand& command, const Machine& machine);

}  // namespace shoal
