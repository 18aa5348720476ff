// shoal-evaluate: measures what a training wrote, exports it, draws its report, and trains the baseline.
//
// `shoal` becomes it for these verbs, so it speaks as `shoal` does: its errors are lines that begin with "shoal: ".
//
// Exit codes: 0 done, 1 failed in the run, 2 used wrongly.

#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "common/job/nearest_name.h"
#include "common/log.h"
#include "common/version.h"
#include "evaluate/command.h"

namespace shoal {
namespace {

constexpr int kDone = 0, kFailed = 1, kUsedWrongly = 2;

const Command* const kCommands[] = {&kWordsCommand, &kExportCommand, &kReportCommand, &kCooccurrenceCommand};

std::string Usage() {
  std::string text = "shoal-evaluate VERB ...   (shoal-evaluate VERB --help tells each)\n\n";
  for (const Command* command : kCommands) {
    text += Cat("  ", command->usage, "\n      ", command->summary, "\n");
  }
  return text;
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
  for (const std::string& word : words) {
    if (word == "--help") {
      std::fputs(Help(command).c_str(), stdout);
      return kDone;
    }
  }
  const auto arguments = Arguments::Parse(command.options, command.operands, words);
  const absl::Status status = arguments.ok() ? command.run(*arguments) : UsedWrongly(arguments.status());
  if (status.ok()) return kDone;
  if (!IsUsedWrongly(status)) return TellFailure(ToStd(status.message()), kFailed);
  return TellUsedWrongly(ToStd(status.message()), command.verb);
}

int Main(int argc, char** argv) {
  SetLogName("shoal");
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.empty() || words[0] == "--help") {
    std::fputs(Usage().c_str(), words.empty() ? stderr : stdout);
    return words.empty() ? kUsedWrongly : kDone;
  }
  std::vector<std::string> names;
  for (const Command* command : kCommands) {
    if (words[0] == command->name) return RunCommand(*command, {words.begin() + 1, words.end()});
    names.emplace_back(command->name);
  }
  return TellUsedWrongly(Cat("evaluate ", words[0], ": no such verb", Suggestion(words[0], names)), "evaluate");
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) {
  try {
    const int code = shoal::Main(argc, argv);
    return shoal::StandardOutputArrived() || code != 0 ? code : 1;
  } catch (const std::exception& e) {  // Out of memory, a library's exception.
    shoal::LogError("stopped: ", std::string(e.what()));
    return 1;
  }
}
