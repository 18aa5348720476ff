#include "evaluate/test_file.h"

#include <filesystem>
#include <utility>

#include "common/byte_order_mark.h"
#include "common/files.h"
#include "common/status.h"

namespace shoal {
namespace {

std::string_view Trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == text.npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::vector<std::string> Split(std::string_view line) {
  const std::string_view separators = line.find('\t') == line.npos ? " " : "\t";
  std::vector<std::string> fields;
  while (true) {
    const size_t end = line.find_first_of(separators);
    const std::string_view field = Trim(line.substr(0, end));
    if (!field.empty()) fields.emplace_back(field);
    if (end == line.npos) return fields;
    line.remove_prefix(end + 1);
  }
}

}  // namespace

absl::StatusOr<std::vector<TestLine>> ReadTestLines(const std::string& path) {
  ASSIGN_OR_RETURN(const MappedFile file, MappedFile::Open(path));
  std::string_view left = WithoutByteOrderMark(file.bytes());
  std::vector<TestLine> lines;
  for (size_t number = 1; !left.empty(); ++number) {
    if (number > kMaxTestLines) return ResourceExhausted(path, " has more than ", kMaxTestLines, " lines");
    const std::string_view line = Trim(left.substr(0, left.find('\n')));
    left.remove_prefix(std::min(left.find('\n'), left.size() - 1) + 1);
    if (!line.empty() && line.front() != '#') lines.push_back({number, Split(line)});
  }
  return lines;
}

std::string TestName(const std::string& path) { return std::filesystem::path(path).stem().string(); }

}  // namespace shoal
