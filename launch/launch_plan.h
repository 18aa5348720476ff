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
#include "launch/memory_plan.h"
#include "launch/mpirun_command.h"
#include "launch/training_request.h"

namespace shoal {

// What the plan must know of the data: of its token file.
struct DataFacts {
  std::string description;  // Source::Describe.
  std::string token_file;
  uint64_t token_file_bytes = 0;
  uint64_t vocabulary_words = 0;
  uint64_t units = 0;  // Of one epoch.
};

// Prepares the request's text, or takes what an earlier run prepared, with progress on standard error where that is a
// terminal. Errors: as PrepareCorpus; InvalidArgument where the vocabulary does not fit the job.
absl::StatusOr<DataFacts> FactsOfData(const TrainingRequest& request);

// Words in the vocabulary of the request's text, where an earlier run prepared it; nothing where that is still to do.
std::optional<uint64_t> PreparedVocabulary(const TrainingRequest& request);

// What to print.
std::string DescribePlan(const TrainingRequest& request, const DataFacts& data, const MemoryPlan& memory,
                         const MpirunCommand& command, const Machine& machine);

}  // namespace shoal
