// BrokenPictures: those of a set that could not be read, and whether they are too many.
//
// Thread rule: belongs to one thread at a time.

#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace shoal {

class BrokenPictures {
 public:
  void Add(const std::string& path, const absl::Status& why);

  uint64_t size() const { return lines_.size(); }

  // "3 of 4,317 pictures are broken: a.jpg (why), b.jpg (why) and one more".
  std::string Describe(uint64_t of) const;

  // A line "path TAB why" for each, at `path`, both Printable; where there are none no file is left there.
  absl::Status Write(const std::string& path) const;

 private:
  struct Line {
    std::string path;
    std::string why;
  };
  std::vector<Line> lines_;
};

}  // namespace shoal
