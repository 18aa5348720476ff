// A list of pictures: text of lines "picture" or "picture TAB class". A picture's path is taken from the list's folder
// unless it begins with a slash.
//
// Classes are texts, numbered in their order. Where each is a whole number, the numbers themselves are the labels, so
// that a list of some classes numbers them as a list of all does; but where the greatest is no label of so few classes
// (16 times as many and 1,000), they are numbered in their order as numbers. Empty lines are passed over.
//
// Thread rule: functions are safe from any thread.

#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace shoal {

struct ImageList {
  struct Entry {
    std::string path;
    int32_t label = -1;
  };
  std::vector<Entry> entries;  // In the order of the lines.
  std::vector<std::string> classes;
};

// `text` is the list `name`, whose pictures are taken from `folder`. InvalidArgument names the line that is not one.
absl::StatusOr<ImageList> ParseImageList(std::string_view text, const std::string& name, const std::string& folder);

}  // namespace shoal
