#include "evaluate/arguments.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/command_line.h"
#include "common/status.h"

namespace shoal {
namespace {

const Option* FindOption(std::span<const Option> options, std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
  return found == options.end() ? nullptr : &*found;
}

// Keeps its values in `values`.
Flag FlagOf(const Option& option, Arguments::Values* values) {
  return {.name = std::string(option.name),
          .value = std::string(option.value.substr(0, option.value.find("..."))),
          .takes_many = option.kind == Option::kMany,
          .take = [&option, values](std::string_view value) {
            (*values)[std::string(option.name)].emplace_back(value);
            if (option.kind != Option::kNumber) return absl::OkStatus();
            return NumberIn(value, option.at_least, option.at_most).status();
          }};
}

}  // namespace

absl::StatusOr<Arguments> Arguments::Parse(std::span<const Option> options, size_t operands, std::string_view usage,
                                           const std::vector<std::string>& words) {
  Arguments arguments;
  arguments.options_ = options;
  std::vector<Flag> flags;
  for (const Option& option : options) flags.push_back(FlagOf(option, &arguments.values_));
  std::vector<std::string> mistakes;
  arguments.operands_ = CommandLine(std::string(usage), "", std::move(flags)).Parse(words, &mistakes);
  if (arguments.operands_.size() != operands) {
    const std::string which = absl::StrJoin(arguments.operands_, ", ");
    mistakes.push_back(Cat("expected ", operands, " operand", operands == 1 ? "" : "s", ", got ",
                           arguments.operands_.size(), which.empty() ? "" : Cat(" (", which, ")"),
                           "; operands stand before the flags: ", usage));
  }
  if (!mistakes.empty()) return InvalidArgument(absl::StrJoin(mistakes, "\n"));
  return arguments;
}

std::string Arguments::One(std::string_view option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? "" : found->second.front();
}

std::vector<std::string> Arguments::Many(std::string_view option) const {
  const auto found = values_.find(option);
  return found == values_.end() ? std::vector<std::string>() : found->second;
}

uint64_t Arguments::Number(std::string_view option) const {
  uint64_t number = FindOption(options_, option)->default_number;
  if (Has(option)) ParseNumber(One(option), &number);
  return number;
}

std::string OptionsHelp(std::span<const Option> options) {
  std::string help;
  for (const Option& option : options) {
    const std::string left = Cat("--", option.name, option.value.empty() ? "" : " ", option.value);
    const std::string by_default =
        option.kind == Option::kNumber ? Cat(" (default ", option.default_number, ")") : std::string();
    help += absl::StrFormat("  %-28s %s%s\n", left, std::string(option.help), by_default);
  }
  return help;
}

}  // namespace shoal
