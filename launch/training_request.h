// TrainingRequest: what `shoal train` and `shoal plan` were asked for: a job, changed by flags, and a place for its
// results.
//
// Thread rule: a value; one owner at a time.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/command_line.h"
#include "launch/installation.h"
#include "proto/job.pb.h"

namespace shoal {

struct TrainingRequest {
  std::string job_name;  // As given: a shipped job's name or a file.
  job::Job job;          // With the flags' changes; its paths are absolute.
  std::string output = "out";
  bool force = false;                    // What a run left in `output` may be replaced.
  std::optional<uint64_t> goes_on_from;  // The checkpoint in `output` that the run goes on from.

  // Reads the command line of `verb` ("train" or "plan"), the job's file, and looks at the files that the job names.
  // Every mistake of any of them is a line of `mistakes`.
  static TrainingRequest Read(const std::string& verb, const std::vector<std::string>& arguments,
                              const Installation& installation, std::vector<std::string>* mistakes);

  static std::string Help(const std::string& verb, const Installation& installation);
};

}  // namespace shoal
