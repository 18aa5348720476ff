// The verbs of shoal-evaluate and shoal-evaluate-images: what each takes, tells and does.
//
// A verb prints its result on standard output and returns what went wrong. Called from main's thread.

#pragma once

#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "evaluate/arguments.h"

namespace shoal {

struct Command {
  std::string_view name;
  std::string_view verb;     // What stands before its arguments in `shoal`: "evaluate words".
  std::string_view usage;    // The whole line, as a user types it.
  std::string_view summary;  // One line.
  std::string_view help;     // Between usage and options.
  std::span<const Option> options;
  size_t operands = 0;
  absl::Status (*run)(const Arguments&);
};

// Marks an error of a verb's run as the user's way of calling it: exit code 2 instead of 1.
absl::Status UsedWrongly(absl::Status status);
bool IsUsedWrongly(const absl::Status& status);

extern const Command kWordsCommand;
extern const Command kExportCommand;
extern const Command kReportCommand;
extern const Command kCooccurrenceCommand;
extern const Command kShowCommand;
extern const Command kImagesCommand;

}  // namespace shoal
