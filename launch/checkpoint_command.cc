// shoal checkpoint: what the checkpoints of an output folder hold, and whether they are whole.

#include <cstdio>
#include <filesystem>
#include <functional>

#include "absl/strings/str_format.h"
#include "common/checkpoint/checkpoint_folder.h"
#include "common/command_line.h"
#include "common/format.h"
#include "common/job/derived.h"
#include "common/job/job.h"
#include "common/job/nearest_name.h"
#include "common/status.h"
#include "launch/commands.h"

namespace shoal {
namespace {

using Manifest = checkpoint::Manifest;

const std::vector<std::string>& Actions() {
  static const auto* actions = new std::vector<std::string>{"list", "verify", "show"};
  return *actions;
}

CommandLine Line() {
  return CommandLine(
      "shoal checkpoint list|verify|show DIR [NUMBER]",
      "Looks at the checkpoints of the output folder DIR: list them; verify that every byte of them, or of\n"
      "checkpoint NUMBER, is what was written; show what the newest, or NUMBER, holds. Nothing is changed.\n\n"
      "Exit code: 0 all is whole, 1 something is damaged or missing, 2 used wrongly.",
      {});
}

uint64_t BytesOf(const Manifest& manifest) {
  uint64_t bytes = 0;
  for (const checkpoint::Shard& shard : manifest.shard()) bytes += shard.bytes();
  return bytes;
}

std::string TimeOf(const Manifest& manifest) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S UTC", absl::FromUnixSeconds(manifest.time()), absl::UTCTimeZone());
}

std::string Summary(const Manifest& manifest) {
  return absl::StrFormat("%d  %s  %s %s  %s  %s", manifest.number(), TimeOf(manifest),
                         FormatScaled(static_cast<double>(manifest.progress().words())), WorkName(manifest.job()),
                         FormatBytes(BytesOf(manifest)), manifest.job().name());
}

void Show(const CheckpointFolder& folder, const Manifest& manifest) {
  const checkpoint::Ledger& ledger = manifest.ledger();
  std::printf("checkpoint  %d in %s\n", static_cast<int>(manifest.number()), folder.path().c_str());
  std::printf("written     %s by shoal %s\n", TimeOf(manifest).c_str(), manifest.shoal().c_str());
  std::printf("trained     %s %s in %s; units of the plan done: %s\n", FormatCount(manifest.progress().words()).c_str(),
              std::string(WorkName(manifest.job())).c_str(), FormatClock(manifest.progress().seconds()).c_str(),
              FormatCount(ledger.next() - ledger.undone_size()).c_str());
  for (const checkpoint::Shard& shard : manifest.shard()) {
    std::printf("shard       %s  %s  %s\n", shard.file().c_str(), FormatBytes(shard.bytes()).c_str(),
                shard.layout().c_str());
  }
  std::printf("\n%s", PrintJob(manifest.job()).c_str());
}

struct Request {
  std::string action;
  std::string output;
  std::optional<uint64_t> number;
};

Request ReadRequest(const std::vector<std::string>& arguments, std::vector<std::string>* mistakes) {
  const std::vector<std::string> words = Line().Parse(arguments, mistakes);
  Request request;
  if (words.size() < 2 || words.size() > 3) {
    mistakes->push_back(Cat(words.size() < 2 ? "an action and a folder are wanted" : "there are too many arguments",
                            ": shoal checkpoint list|verify|show DIR [NUMBER]"));
    return request;
  }
  request.action = words[0];
  request.output = words[1];
  if (std::find(Actions().begin(), Actions().end(), request.action) == Actions().end()) {
    mistakes->push_back(Cat(request.action, ": no such action", Suggestion(request.action, Actions())));
  }
  std::error_code error;
  if (!std::filesystem::is_directory(request.output, error)) {
    mistakes->push_back(Cat(request.output, ": no such folder; give the output folder of a run"));
  }
  uint64_t number;
  if (words.size() == 3 && !ParseNumber(words[2], &number)) {
    mistakes->push_back(Cat("'", words[2], "' is no checkpoint's number; shoal checkpoint list tells those there are"));
  } else if (words.size() == 3) {
    request.number = number;
  }
  return request;
}

// Does `what` with each checkpoint asked for; the number of those that are damaged.
int ForEach(const CheckpointFolder& folder, const std::vector<uint64_t>& numbers,
            const std::function<absl::Status(const Manifest&)>& what) {
  int damaged = 0;
  for (const uint64_t number : numbers) {
    const auto manifest = folder.Read(number);
    const absl::Status status = manifest.ok() ? what(*manifest) : manifest.status();
    if (status.ok()) continue;
    TellFailure(ToStd(status.message()));
    ++damaged;
  }
  return damaged;
}

absl::StatusOr<std::vector<uint64_t>> NumbersOf(const CheckpointFolder& folder, const Request& request) {
  ASSIGN_OR_RETURN(std::vector<uint64_t> numbers, folder.List());
  if (request.number) {
    if (std::find(numbers.begin(), numbers.end(), *request.number) == numbers.end()) {
      return NotFound("there is no checkpoint ", *request.number, " in ", folder.path());
    }
    return std::vector{*request.number};
  }
  if (numbers.empty()) return NotFound("there is no checkpoint in ", folder.path());
  if (request.action == "show") numbers.erase(numbers.begin(), numbers.end() - 1);
  return numbers;
}

}  // namespace

int CheckpointCommand(const std::vector<std::string>& arguments) {
  if (CommandLine::WantsHelp(arguments)) {
    std::fputs(Line().Help().c_str(), stdout);
    return kDone;
  }
  std::vector<std::string> mistakes;
  const Request request = ReadRequest(arguments, &mistakes);
  if (!mistakes.empty()) return TellMistakes("checkpoint", mistakes);
  const CheckpointFolder folder(&FileSystem::Real(), request.output);
  const auto numbers = NumbersOf(folder, request);
  if (!numbers.ok()) return TellFailure(ToStd(numbers.status().message()));
  const int damaged = ForEach(folder, *numbers, [&](const Manifest& manifest) {
    const absl::Status status = request.action == "verify" ? folder.Verify(manifest) : folder.Check(manifest);
    if (request.action == "show") {
      Show(folder, manifest);
    } else if (status.ok()) {
      std::printf("%s%s\n", Summary(manifest).c_str(), request.action == "verify" ? "  whole" : "");
    }
    return status;
  });
  return damaged == 0 ? kDone : kFailed;
}

}  // namespace shoal
