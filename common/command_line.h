// CommandLine: one verb's flags as a table, so that parsing, --help and hints at near names have one source.
//
//   CommandLine line("shoal plan JOB [flags]", "What it does.", {{.name = "workers", .value = "N", ...}});
//   std::vector<std::string> names = line.Parse(arguments, &mistakes);
//
// Forms: --name VALUE, --name=VALUE; after "--" nothing is a flag. A flag of one value may be given once. All mistakes
// are found in one go.
//
// Thread rule: a value; one owner at a time.

#pragma once

#include <charconv>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace shoal {

struct Flag {
  std::string name;         // Without its dashes.
  std::string value;        // What --help calls its value; empty where it takes none.
  bool takes_many = false;  // As many values as follow, up to the next flag.
  std::string help;
  // Called with each value, or with an empty one. Its error stands after "--name: ".
  std::function<absl::Status(std::string_view)> take;
};

// Whether the whole of `text` is a number as C++ writes it, without blanks and plus signs, that fits `number`.
template <typename Number>
bool ParseNumber(std::string_view text, Number* number) {
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), *number);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

// InvalidArgument: "x" is not a number in at_least..at_most.
absl::StatusOr<uint64_t> NumberIn(std::string_view text, uint64_t at_least, uint64_t at_most);

class CommandLine {
 public:
  CommandLine(std::string usage, std::string about, std::vector<Flag> flags);

  // Gives every flag of `arguments` its values and returns the rest in order. Appends a line to `mistakes` for each
  // mistake; what follows it is read nevertheless.
  std::vector<std::string> Parse(const std::vector<std::string>& arguments, std::vector<std::string>* mistakes) const;

  std::string Help() const;

  // Whether --help or -h stands among `arguments`, before any "--".
  static bool WantsHelp(const std::vector<std::string>& arguments);

 private:
  const Flag* Find(std::string_view name) const;
  // The flag, or after a mistake the one that was probably meant, or null.
  const Flag* FindOrSuggest(const std::string& name, std::vector<std::string>* mistakes) const;
  void GiveValues(const Flag& flag, std::vector<std::string> values, std::vector<std::string>* mistakes) const;

  const std::string usage_, about_;
  const std::vector<Flag> flags_;
};

}  // namespace shoal
