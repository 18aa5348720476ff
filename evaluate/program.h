// What the programs of evaluate/ share: verbs, their help, and how failures are told.
//
// `shoal` becomes one of them for its verbs, so they speak as `shoal` does: errors are lines that begin with "shoal: ".
//
// Called from main's thread.

#pragma once

#include <span>
#include <string_view>

#include "evaluate/command.h"

namespace shoal {

// The verbs of a program, and of which other verbs its users should know.
struct EvaluateProgram {
  std::string_view name;  // "shoal-evaluate".
  std::span<const Command* const> commands;
  std::string_view others;  // Lines of its usage; may be empty.
};

// Does what the arguments say and returns the exit code: 0 done, 1 failed in the run, 2 used wrongly. It throws
// nothing.
int RunProgram(const EvaluateProgram& program, int argc, char** argv);

}  // namespace shoal
