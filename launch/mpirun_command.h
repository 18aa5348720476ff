// MpirunCommand: the mpirun line that runs a job: one coordinator, its servers, its workers, in this order of ranks.
//
// Thread rule: a value; safe from any thread.

#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/machine.h"
#include "launch/installation.h"
#include "proto/job.pb.h"

namespace shoal {

// As a shell's word, quoted where it needs to be.
std::string QuotedForShell(const std::string& argument);

// mpirun's own options for `job` started from `machine`.
std::vector<std::string> MpirunOptions(const job::Job& job, const Machine& machine);

struct MpirunCommand {
  std::vector<std::string> options;                // mpirun's own.
  std::vector<std::vector<std::string>> contexts;  // One for each role: -np N PROGRAM ARGUMENTS...

  // Ranks on one machine talk by shared memory and listen on the loopback only; with a hostfile, by what Open MPI
  // finds, on placement.network where that is given. `job_file` is where the coordinator will find `job`. NotFound: a
  // role's program is missing.
  static absl::StatusOr<MpirunCommand> Of(const job::Job& job, const std::string& job_file, const std::string& output,
                                          const Installation& installation, const Machine& machine);

  // For exec: mpirun OPTIONS CONTEXT : CONTEXT : CONTEXT.
  std::vector<std::string> Arguments() const;

  // The same for a shell, quoted where needed, one context a line.
  std::string ShellLine() const;

  // For mpirun OPTIONS --app FILE: one context a line. Nothing where a path has a space or a quote: the file's form has
  // no way to write one.
  std::optional<std::string> AppFile() const;
};

}  // namespace shoal
