// Lines of the small text files that evaluations read: word pairs, analogies, synonyms.
//
// Pure functions but for the file that is read; safe from any thread.

#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace shoal {

// Files with more lines are refused: evaluations keep them whole.
inline constexpr size_t kMaxTestLines = 10'000'000;

struct TestLine {
  size_t number = 0;  // From 1.
  std::vector<std::string> fields;
};

// The lines of `path` cut at tabs, or at blanks where a line has no tab; without line ends (LF or CRLF), a byte order
// mark, empty lines, and comments (# in front).
absl::StatusOr<std::vector<TestLine>> ReadTestLines(const std::string& path);

// "questions-words" of "a/questions-words.txt".
std::string TestName(const std::string& path);

}  // namespace shoal
