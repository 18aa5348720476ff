// Running another program to its end.
//
// Thread rule: the thread that started first; the programs end with it.

#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"

namespace shoal {

// The file that `name` means, by PATH as execvp does; NotFound where there is none.
absl::StatusOr<std::string> FindProgram(const std::string& name);

// Becomes `arguments[0]`. Returns only where that cannot be done.
absl::Status BecomeProgram(const std::vector<std::string>& arguments);

// Runs `arguments[0]` on this process' own terminal and waits for it; its exit code, or 128 and its signal.
absl::StatusOr<int> RunProgram(const std::vector<std::string>& arguments);

struct ProgramOutput {
  int exit_code = 0;
  std::string text;  // Of standard output and error together, at most 64 KiB.
};

// Runs `arguments[0]` and collects what it prints. DeadlineExceeded: it was killed at `deadline`.
absl::StatusOr<ProgramOutput> RunProgramQuietly(const std::vector<std::string>& arguments, Clock& clock,
                                                absl::Time deadline);

}  // namespace shoal
