#include "common/command_line.h"

#include <algorithm>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/job/nearest_name.h"
#include "common/status.h"

namespace shoal {
namespace {

bool LooksLikeFlag(std::string_view argument) { return argument.size() > 2 && argument.substr(0, 2) == "--"; }

// "--workers N", as usage and errors write it.
std::string Form(const Flag& flag) {
  return Cat("--", flag.name, flag.value.empty() ? "" : Cat(" ", flag.value), flag.takes_many ? "..." : "");
}

}  // namespace

absl::StatusOr<uint64_t> NumberIn(std::string_view text, uint64_t at_least, uint64_t at_most) {
  uint64_t number = 0;
  if (ParseNumber(text, &number) && number >= at_least && number <= at_most) return number;
  return InvalidArgument("\"", text, "\" is not a number in ", at_least, "..", at_most);
}

CommandLine::CommandLine(std::string usage, std::string about, std::vector<Flag> flags)
    : usage_(std::move(usage)), about_(std::move(about)), flags_(std::move(flags)) {}

const Flag* CommandLine::Find(std::string_view name) const {
  const auto found = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& flag) { return flag.name == name; });
  return found == flags_.end() ? nullptr : &*found;
}

const Flag* CommandLine::FindOrSuggest(const std::string& name, std::vector<std::string>* mistakes) const {
  if (const Flag* flag = Find(name)) return flag;
  std::vector<std::string> names;
  for (const Flag& flag : flags_) names.push_back(Cat("--", flag.name));
  mistakes->push_back(Cat("--", name, ": no such flag", Suggestion(Cat("--", name), names)));
  const std::string nearest = NearestName(Cat("--", name), names);
  return nearest.empty() ? nullptr : Find(std::string_view(nearest).substr(2));
}

std::vector<std::string> CommandLine::Parse(const std::vector<std::string>& arguments,
                                            std::vector<std::string>* mistakes) const {
  std::vector<std::string> rest;
  std::set<const Flag*> given;
  for (size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--") {
      rest.insert(rest.end(), arguments.begin() + i + 1, arguments.end());
      break;
    }
    if (!LooksLikeFlag(arguments[i])) {
      rest.push_back(arguments[i]);
      continue;
    }
    const size_t equals = arguments[i].find('=');
    const std::string name = arguments[i].substr(2, equals == std::string::npos ? equals : equals - 2);
    std::vector<std::string> values;
    if (equals != std::string::npos) values.push_back(arguments[i].substr(equals + 1));
    // A mistyped flag takes its values with it, so that they are not taken for arguments.
    const Flag* flag = FindOrSuggest(name, mistakes);
    if (flag == nullptr) continue;
    const size_t most = flag->value.empty() ? 0 : flag->takes_many ? arguments.size() : 1;
    while (equals == std::string::npos && values.size() < most && i + 1 < arguments.size() &&
           arguments[i + 1] != "--" && !LooksLikeFlag(arguments[i + 1])) {
      values.push_back(arguments[++i]);
    }
    if (flag->name != name) continue;
    if (!given.insert(flag).second && most == 1) mistakes->push_back(Cat("--", name, " is given twice; leave one out"));
    GiveValues(*flag, values, mistakes);
  }
  return rest;
}

void CommandLine::GiveValues(const Flag& flag, std::vector<std::string> values,
                             std::vector<std::string>* mistakes) const {
  const bool wants_value = !flag.value.empty();
  if (wants_value && values.empty()) mistakes->push_back(Cat("--", flag.name, " needs a value: ", Form(flag)));
  if (!wants_value && !values.empty()) {
    mistakes->push_back(Cat("--", flag.name, " takes no value, and '", values[0], "' is given"));
    return;
  }
  if (!wants_value) values.push_back("");
  for (const std::string& value : values) {
    const absl::Status status = flag.take(value);
    if (!status.ok()) mistakes->push_back(Cat("--", flag.name, ": ", ToStd(status.message())));
  }
}

std::string CommandLine::Help() const {
  std::string text = Cat("usage: ", usage_, "\n\n", about_, "\n\nflags:\n");
  size_t width = std::string("--help").size();
  for (const Flag& flag : flags_) width = std::max(width, Form(flag).size());
  const auto add = [&](const std::string& form, const std::string& help) {
    std::string start = Cat("  ", form, std::string(width - form.size() + 2, ' '));
    for (const absl::string_view line : absl::StrSplit(help, '\n')) {
      absl::StrAppend(&text, start, line, "\n");
      start = std::string(width + 4, ' ');
    }
  };
  for (const Flag& flag : flags_) add(Form(flag), flag.help);
  add("--help", "Show this.");
  return text;
}

bool CommandLine::WantsHelp(const std::vector<std::string>& arguments) {
  return std::any_of(arguments.begin(), std::find(arguments.begin(), arguments.end(), "--"),
                     [](const std::string& argument) { return argument == "--help" || argument == "-h"; });
}

}  // namespace shoal
