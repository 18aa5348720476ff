// The job as text: reading, checking, changing and writing proto/job.proto's Job, the whole configuration of shoal.
//
//   ASSIGN_OR_RETURN(job::Job job, ParseJob(text, "words.textproto"));
//   RETURN_IF_ERROR(SetField(&job, "objective.skip_gram.window=8"));
//   RETURN_IF_ERROR(ValidateJob(job));
//
// A mistake is one line that tells the field's full path, its value, what it may be, and the nearest valid name; all
// mistakes of a text or a job are found in one go, and a status' message holds them a line each.
//
// Thread rule: pure functions; safe from any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "proto/job.pb.h"

namespace shoal {

// Longer job files are refused: a job is written by hand.
inline constexpr size_t kMaxJobBytes = size_t{1} << 20;

// Reads `text` (textproto) into `job` and returns its mistakes in the order of the lines, each beginning with
// "name:line: ". A value that is mistaken is left out of `job`, the rest is in it.
std::vector<std::string> ReadJob(std::string_view text, std::string_view name, job::Job* job);

// ReadJob, for those who want all or nothing. InvalidArgument holds every mistake.
absl::StatusOr<job::Job> ParseJob(std::string_view text, std::string_view name);

// What makes `job` impossible to run, whatever the machine and the data: values out of range, fields that contradict
// each other, what is missing. InvalidArgument holds every mistake.
absl::Status ValidateJob(const job::Job& job);

// Carries out "path=value", as in "objective.skip_gram.window=8" or "metrics.enabled=false". Enumerations go by their
// names. A repeated field takes one value more; "path=" empties it. InvalidArgument: nothing was changed.
absl::Status SetField(job::Job* job, std::string_view assignment);

// The fields that are set, as textproto that ParseJob reads back.
std::string PrintJob(const job::Job& job);

}  // namespace shoal
