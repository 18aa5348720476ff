#include "launch/hostfile.h"

#include <optional>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/files.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr std::string_view kField = "placement.hostfile";
constexpr uint64_t kMaxHostfileBytes = uint64_t{16} << 20;
constexpr std::string_view kForm = "; a line is NAME slots=N";

// The words of a line, each setting one word: "a slots = 2 # all" is "a", "slots=2".
std::vector<std::string> WordsOf(absl::string_view line) {
  std::string text(line.substr(0, line.find('#')));
  for (const char* gap : {" =", "= ", "\t=", "=\t"}) {
    while (absl::StrReplaceAll({{gap, "="}}, &text) > 0) {
    }
  }
  return absl::StrSplit(text, absl::ByAnyChar(" \t\r"), absl::SkipEmpty());
}

// What is wrong with a line; empty where nothing is. `slots` gets what it tells of them.
std::string MistakeIn(const std::vector<std::string>& words, std::optional<uint64_t>* slots) {
  if (absl::StrContains(words[0], "=")) return Cat("no host stands before ", words[0]);
  for (size_t i = 1; i < words.size(); ++i) {
    absl::string_view value = words[i];
    uint64_t number = 0;
    if (!absl::StrContains(value, "=")) return Cat("'", words[i], "' is not of the form setting=value");
    if (absl::StartsWith(value, "max_slots=") || absl::StartsWith(value, "max-slots=")) continue;
    if (!absl::ConsumePrefix(&value, "slots="))
      return Cat("there is no setting ", words[i], ", only slots and max_slots");
    if (!absl::SimpleAtoi(value, &number) || number == 0) {
      return Cat("slots is ", value.empty() ? "empty" : ToStd(value), ", not a whole number above 0");
    }
    *slots = number;
  }
  return "";
}

}  // namespace

void CheckHostfile(const std::string& path, uint64_t processes, std::vector<std::string>* mistakes) {
  const auto text = ReadFile(path, kMaxHostfileBytes);
  if (!text.ok()) return mistakes->push_back(Cat(kField, ": ", ToStd(text.status().message())));
  const size_t before = mistakes->size();
  uint64_t number = 0, hosts = 0, slots = 0;
  bool all_tell = true;
  for (const absl::string_view line : absl::StrSplit(*text, '\n')) {
    ++number;
    const std::vector<std::string> words = WordsOf(line);
    if (words.empty()) continue;
    ++hosts;
    std::optional<uint64_t> of_host;
    const std::string mistake = MistakeIn(words, &of_host);
    if (!mistake.empty()) mistakes->push_back(Cat(kField, ": ", path, ":", number, ": ", mistake, kForm));
    all_tell &= of_host.has_value();
    slots += of_host.value_or(0);
  }
  if (hosts == 0) mistakes->push_back(Cat(kField, ": ", path, " names no host", kForm));
  if (mistakes->size() > before || !all_tell || slots >= processes) return;
  mistakes->push_back(Cat(kField, ": ", path, " has ", slots, " slots, and the job ", processes,
                          " processes: a coordinator, its servers and its workers; raise slots or lower workers"));
}

}  // namespace shoal
