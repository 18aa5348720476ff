#include "evaluate/arguments.h"

#include <algorithm>
#include <charconv>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "common/job/nearest_name.h"
#include "common/status.h"

namespace shoal {
namespace {

bool ParseNumber(const std::string& text, uint64_t* number) {
  const char* const end = text.data() + text.size();
  const auto parsed = std::from_chars(text.data(), end, *number);
  return parsed.ec == std::errc() && parsed.ptr == end;
}

const Option* FindOption(std::span<const Option> options, std::string_view name) {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& o) { return o.name == name; });
  return found == options.end() ? nullptr : &*found;
}

std::vector<std::string> OptionNames(std::span<const Option> options) {
  std::vector<std::string> names;
  for (const Option& option : options) names.push_back(Cat("--", option.name));
  return names;
}

// What is wrong with the values that `option` was given; empty where nothing is.
std::string Mistake(const Option& option, const std::vector<std::string>& values) {
  if (option.kind == Option::kFlag) {
    return values.empty() ? "" : Cat("--", option.name, " takes no value, and '", values[0], "' is given");
  }
  if (values.empty()) return Cat("--", option.name, " needs a value: ", option.value);
  if (option.kind == Option::kMany) return "";
  if (values.size() > 1) return Cat("--", option.name, " is given ", values.size(), " values, takes one");
  uint64_t number = 0;
  if (option.kind == Option::kNumber &&
      (!ParseNumber(values[0], &number) || number < option.at_least || number > option.at_most)) {
    return Cat("--", option.name, " is \"", values[0], "\", not a number in ", option.at_least, "..", option.at_most);
  }
  return "";
}

// How many words an option may take from those that follow it.
size_t Appetite(const Option& option, bool has_inline_value) {
  if (option.kind == Option::kFlag) return 0;
  if (option.kind == Option::kMany) return std::string::npos;
  return has_inline_value ? 0 : 1;
}

}  // namespace

absl::StatusOr<Arguments> Arguments::Parse(std::span<const Option> options, size_t operands, std::string_view usage,
                                           std::span<const std::string> words) {
  Arguments arguments;
  arguments.options_ = options;
  std::vector<std::string> mistakes;
  for (size_t i = 0; i < words.size();) {
    const std::string_view word = words[i++];
    if (!word.starts_with("--")) {
      arguments.operands_.emplace_back(word);
      continue;
    }
    const size_t equals = word.find('=');
    const std::string name(word.substr(2, equals == word.npos ? word.npos : equals - 2));
    const Option* const option = FindOption(options, name);
    if (option == nullptr) {
      mistakes.push_back(Cat("--", name, ": no such flag", Suggestion(Cat("--", name), OptionNames(options))));
      continue;
    }
    std::vector<std::string>& values = arguments.values_[name];
    if (equals != word.npos) values.emplace_back(word.substr(equals + 1));
    size_t left = Appetite(*option, equals != word.npos);
    for (; left > 0 && i < words.size() && !words[i].starts_with("--"); --left) values.push_back(words[i++]);
  }
  for (const auto& [name, values] : arguments.values_) {
    std::string mistake = Mistake(*FindOption(options, name), values);
    if (!mistake.empty()) mistakes.push_back(std::move(mistake));
  }
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
