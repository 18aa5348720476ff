#include "evaluate/program.h"

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/command_line.h"
#include "common/exit_codes.h"
#include "common/job/nearest_name.h"
#include "common/log.h"
#include "common/version.h"

namespace shoal {
namespace {

std::string Usage(const EvaluateProgram& program) {
  std::string text = Cat(program.name, " VERB ...   (", program.name, " VERB --help tells each)\n\n");
  for (const Command* command : program.commands) {
    text += Cat("  ", command->usage, "\n      ", command->summary, "\n");
  }
  return Cat(text, program.others);
}

std::string Help(const Command& command) {
  return Cat(command.usage, "\n\n", command.help, "\n", OptionsHelp(command.options),
             "\nExit code: 0 done, 1 failed, 2 used wrongly.\n");
}

int TellFailure(std::string_view what, int code) {
  for (const absl::string_view line : absl::StrSplit(ForAbsl(what), '\n')) LogLine("", ToStd(line));
  return code;
}

int TellUsedWrongly(std::string_view what, std::string_view verb) {
  TellFailure(what, kUsedWrongly);
  return TellFailure(Cat("nothing was done; shoal ", verb, " --help tells how it is used"), kUsedWrongly);
}

int RunCommand(const Command& command, const std::vector<std::string>& words) {
  if (CommandLine::WantsHelp(words)) {
    std::fputs(Help(command).c_str(), stdout);
    return kDone;
  }
  const auto arguments = Arguments::Parse(command.options, command.operands, command.usage, words);
  const absl::Status status = arguments.ok() ? command.run(*arguments) : UsedWrongly(arguments.status());
  if (status.ok()) return kDone;
  if (!IsUsedWrongly(status)) return TellFailure(ToStd(status.message()), kFailed);
  return TellUsedWrongly(ToStd(status.message()), command.verb);
}

int Main(const EvaluateProgram& program, const std::vector<std::string>& words) {
  if (words.empty() || CommandLine::WantsHelp({words[0]})) {
    std::fputs(Usage(program).c_str(), words.empty() ? stderr : stdout);
    return words.empty() ? kUsedWrongly : kDone;
  }
  std::vector<std::string> names;
  for (const Command* command : program.commands) {
    if (words[0] == command->name) return RunCommand(*command, {words.begin() + 1, words.end()});
    names.emplace_back(command->name);
  }
  return TellUsedWrongly(Cat("evaluate ", words[0], ": no such verb", Suggestion(words[0], names)), "evaluate");
}

}  // namespace

int RunProgram(const EvaluateProgram& program, int argc, char** argv) {
  SetLogName("shoal");
  try {
    const int code = Main(program, {argv + 1, argv + argc});
    return StandardOutputArrived() || code != kDone ? code : kFailed;
  } catch (const std::exception& e) {  // Out of memory, a library's exception.
    LogError("stopped: ", std::string(e.what()));
    return kFailed;
  }
}

}  // namespace shoal
