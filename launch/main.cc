// shoal: the user's command. Plans and supervises jobs; measuring is shoal-evaluate's, which it becomes.
//
// Exit codes: 0 done, 1 failed in the run, 2 used wrongly, 3 stopped by a signal, with a checkpoint to go on from.

#include <cstdio>
#include <exception>
#include <span>

#include "absl/strings/str_split.h"
#include "common/job/nearest_name.h"
#include "common/log.h"
#include "common/text.h"
#include "common/version.h"
#include "launch/commands.h"
#include "launch/program.h"

namespace shoal {
namespace {

constexpr char kHelp[] =
    "usage: shoal VERB ...        shoal VERB --help tells each\n"
    "\n"
    "  train JOB --data PATH... --output DIR     train; JOB is a shipped job (words, moco, ...) or NAME.textproto\n"
    "  plan JOB --data PATH... --output DIR      show roles, units, memory and the mpirun line, without training\n"
    "  checkpoint list|verify|show DIR           what a run can go on from, and whether it is whole\n"
    "  doctor                                    what this machine lacks or could do better, each with the cure\n"
    "  evaluate words DIR|FILE ...               measure vectors: similarity, analogies, neighbours\n"
    "  evaluate images DIR --data SET ...        measure an image encoder: nearest neighbours, linear probe\n"
    "  export DIR|FILE ...                       vectors as text, NumPy or TensorBoard files; encoders for timm\n"
    "  report DIR                                draw report.html of an output folder anew\n"
    "  show augmentation DIR|FILE ...            draw the views of pictures that a job trains on\n"
    "\n"
    "  --version, --help\n"
    "\n"
    "Exit code: 0 done, 1 failed in the run, 2 used wrongly, 3 stopped by a signal: the same command goes on.\n";

const std::vector<std::string>& Verbs() {
  static const auto* verbs =
      new std::vector<std::string>{"train", "plan", "checkpoint", "doctor", "evaluate", "export", "report", "show"};
  return *verbs;
}

int RunVerb(const std::string& verb, const std::vector<std::string>& arguments, const Installation& installation) {
  if (verb == "train") return TrainCommand(arguments, installation);
  if (verb == "plan") return PlanCommand(arguments, installation);
  if (verb == "checkpoint") return CheckpointCommand(arguments);
  if (verb == "doctor") return DoctorCommand(arguments, installation);
  if (verb == "evaluate") return EvaluateProgram(arguments, installation);
  // Verbs of shoal-evaluate by the same names.
  std::vector<std::string> with_verb = arguments;
  with_verb.insert(with_verb.begin(), verb);
  return EvaluateProgram(with_verb, installation);
}

int Main(const std::vector<std::string>& arguments) {
  if (arguments.empty()) {
    std::fputs(kHelp, stderr);
    return kUsedWrongly;
  }
  const std::string& verb = arguments[0];
  if (verb == "--help" || verb == "-h" || verb == "help") {
    std::fputs(kHelp, stdout);
    return kDone;
  }
  if (verb == "--version") {
    std::printf("shoal %s (%s)\n", std::string(Version()).c_str(), std::string(Compiler()).c_str());
    return kDone;
  }
  if (std::find(Verbs().begin(), Verbs().end(), verb) == Verbs().end()) {
    return TellMistakes("", {Cat(verb, ": no such verb", Suggestion(verb, Verbs()))});
  }
  const auto installation = Installation::Find();
  if (!installation.ok()) return TellFailure(ToStd(installation.status().message()));
  return RunVerb(verb, {arguments.begin() + 1, arguments.end()}, *installation);
}

}  // namespace

int EvaluateProgram(const std::vector<std::string>& arguments, const Installation& installation) {
  const bool images = !arguments.empty() && arguments[0] == "images";
  const auto program = installation.Program(images ? "shoal-evaluate-images" : "shoal-evaluate");
  if (images && !program.ok()) {
    return TellFailure(Cat("shoal-evaluate-images is not in ", installation.programs,
                           ": it needs LibTorch; launch/install --torch, then launch/build"));
  }
  if (!program.ok()) return TellFailure(ToStd(program.status().message()));
  std::vector<std::string> whole = arguments;
  whole.insert(whole.begin(), *program);
  return TellFailure(ToStd(BecomeProgram(whole).message()));
}

int TellMistakes(std::string_view verb, const std::vector<std::string>& mistakes) {
  for (const std::string& mistake : mistakes) TellFailure(mistake);
  return TellFailure(Cat("nothing was done; shoal ", verb, verb.empty() ? "" : " ", "--help tells how it is used"),
                     kUsedWrongly);
}

int TellFailure(std::string_view what, int code) {
  for (const absl::string_view line : absl::StrSplit(ForAbsl(what), '\n')) LogLine("", ToStd(line));
  return code;
}

}  // namespace shoal

int main(int argc, char** argv) {
  shoal::SetLogName("shoal");
  try {
    const int code = shoal::Main({argv + 1, argv + argc});
    return shoal::StandardOutputArrived() || code != shoal::kDone ? code : shoal::kFailed;
  } catch (const std::exception& error) {  // Out of memory, or a library's.
    shoal::LogError(std::string_view(error.what()));
    return shoal::kFailed;
  }
}
