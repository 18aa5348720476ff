// Where this shoal's own programs and shipped jobs are, found from the running program, so that a tree can be moved.
//
// Thread rule: safe from any thread.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace shoal {

struct Installation {
  std::string programs;  // Folder of shoal, shoal-coordinator ...
  std::string jobs;      // Folder of the shipped jobs, NAME.textproto.

  // From /proc/self/exe: jobs are in ../share/shoal/jobs once installed, and in the source tree in a build folder.
  static absl::StatusOr<Installation> Find();

  // NotFound: the program is not there, or cannot be run.
  absl::StatusOr<std::string> Program(const std::string& name) const;

  // Names of the shipped jobs, sorted.
  std::vector<std::string> JobNames() const;
};

}  // namespace shoal
