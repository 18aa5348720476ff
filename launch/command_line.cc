#include "launch/command_line.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/job/nearest_name.h"
#include "common/text.h"

namespace shoal {
namespace {

bool LooksLikeFlag(std::string_view argument) { return argument.size() > 2 && argument.substr(0, 2) == "--"; }

// "--workers N", as usage and errors write it.
std::string Form(const Flag& flag) {
  return Cat("--", flag.name, flag.value.empty() ? "" : Cat(" ", flag.value), flag.takes_many ? "..." : "");
}

}  // namespace

CommandLine::CommandLine(std::string usage, std::string about, std::vector<Flag> flags)
    : usage_(std::move(usage)), about_(std::move(about)), flags_(std::move(flags)) {}

const Flag* CommandLine::Find(std::string_view name) const {
  const auto found = std::find_if(flags_.begin(), flags_.end(), [&](const Flag& flag) { return flag.name == name; });
  return found == flags_.end() ? nullptr : &*found;
}

std::vector<std::string> CommandLine::Parse(const std::vector<std::string>& arguments,
                                            std::vector<std::string>* mistakes) const {
  std::vector<std::string> rest;
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
    const Flag* flag = Find(name);
    if (flag == nullptr) {
      std::vector<std::string> names;
      for (const Flag& known : flags_) names.push_back(Cat("--", known.name));
      mistakes->push_back(Cat("--", name, ": no such flag", Suggestion(Cat("--", name), names)));
      continue;
    }
    std::vector<std::string> values;
    if (equals != std::string::npos) values.push_back(arguments[i].substr(equals + 1));
    while (!flag->value.empty() && i + 1 < arguments.size() && !LooksLikeFlag(arguments[i + 1]) &&
           arguments[i + 1] != "--" && (values.empty() || (flag->takes_many && equals == std::string::npos))) {
      values.push_back(arguments[++i]);
    }
    if (flag->value.empty()) {
      if (!values.empty()) {
        mistakes->push_back(Cat("--", name, " takes no value, and '", values[0], "' is given"));
        continue;
      }
      values.push_back("");
    } else if (values.empty()) {
      mistakes->push_back(Cat("--", name, " needs a value: ", Form(*flag)));
    }
    for (const std::string& value : values) {
      const absl::Status status = flag->take(value);
      if (!status.ok()) mistakes->push_back(Cat("--", name, ": ", ToStd(status.message())));
    }
  }
  return rest;
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
  return std::any_of(arguments.begin(), arguments.end(),
                     [](const std::string& argument) { return argument == "--help" || argument == "-h"; });
}

}  // namespace shoal
