// The verbs of `shoal`. Each takes the arguments after it, does its work, prints, and returns the exit code.
//
// Thread rule: main's thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "common/exit_codes.h"
#include "launch/installation.h"

namespace shoal {

int TrainCommand(const std::vector<std::string>& arguments, const Installation& installation);
int PlanCommand(const std::vector<std::string>& arguments, const Installation& installation);
int CheckpointCommand(const std::vector<std::string>& arguments);
int DoctorCommand(const std::vector<std::string>& arguments, const Installation& installation);

// Becomes shoal-evaluate with `arguments`.
int EvaluateProgram(const std::vector<std::string>& arguments, const Installation& installation);

// Prints "shoal: MISTAKE" for each line of `mistakes`, and where to read on.
int TellMistakes(std::string_view verb, const std::vector<std::string>& mistakes);

// Prints "shoal: WHAT" for each of its lines, and returns `code`.
int TellFailure(std::string_view what, int code = kFailed);

}  // namespace shoal
