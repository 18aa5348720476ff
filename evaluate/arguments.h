// Arguments: a verb's command line, checked against the options the verb declares.
//
//   shoal-evaluate words out --similarity a.txt b.txt --analogy-words 30000 --json
//
// Read as common/command_line.h says. An option of kind kMany takes all that follows up to the next option, so operands
// stand before it.
//
// Thread rule: a value; immutable after Parse.

#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace shoal {

struct Option {
  enum Kind { kFlag, kOne, kMany, kNumber };
  std::string_view name;  // Without the dashes.
  Kind kind = kFlag;
  std::string_view value;  // What the help calls its value.
  std::string_view help;
  // Of a kNumber.
  uint64_t default_number = 0, at_least = 0, at_most = 0;
};

class Arguments {
 public:
  using Values = std::map<std::string, std::vector<std::string>, std::less<>>;

  // InvalidArgument tells every mistake: an option that is none (with the nearest that is one), a value that is missing
  // or out of range, an option given twice that takes one value, and other than the `operands` operands of `usage`.
  static absl::StatusOr<Arguments> Parse(std::span<const Option> options, size_t operands, std::string_view usage,
                                         const std::vector<std::string>& words);

  bool Has(std::string_view option) const { return values_.contains(option); }
  // The empty string where the option is not there.
  std::string One(std::string_view option) const;
  // Of all times it was given.
  std::vector<std::string> Many(std::string_view option) const;
  // The option's default where it is not there.
  uint64_t Number(std::string_view option) const;
  const std::vector<std::string>& operands() const { return operands_; }

 private:
  std::span<const Option> options_;
  Values values_;
  std::vector<std::string> operands_;
};

// A line or two for each option, aligned.
std::string OptionsHelp(std::span<const Option> options);

}  // namespace shoal
