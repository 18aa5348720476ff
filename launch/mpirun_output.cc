#include "launch/mpirun_output.h"

#include <regex>

#include "common/text.h"

namespace shoal {
namespace {

// Open MPI's show_help draws 74 dashes above and below.
bool IsDashes(std::string_view line) {
  constexpr size_t kFewest = 60;
  return line.size() >= kFewest && line.find_first_not_of('-') == std::string_view::npos;
}

}  // namespace

std::string MpirunOutput::Take(std::string_view bytes) {
  partial_.append(bytes);
  std::string own;
  size_t begin = 0;
  for (size_t end; (end = partial_.find('\n', begin)) != std::string::npos; begin = end + 1) {
    TakeLine(std::string_view(partial_).substr(begin, end - begin), &own);
  }
  partial_.erase(0, begin);
  if (partial_.size() > kMaxBytes) own += std::exchange(partial_, "");
  return own;
}

std::string MpirunOutput::TakeRest() {
  std::string own;
  if (!partial_.empty()) TakeLine(std::exchange(partial_, ""), &own);
  return own;
}

void MpirunOutput::TakeLine(std::string_view line, std::string* own) {
  if (IsDashes(line)) {
    in_mpirun_words_ = !in_mpirun_words_;
  } else if (in_mpirun_words_) {
    if (mpirun_words_.size() < kMaxBytes) mpirun_words_ += Cat(line, "\n");
  } else {
    *own += Cat(line, "\n");
  }
}

std::string DeathIn(std::string_view mpirun_words) {
  static const std::regex* signal_end =
      new std::regex("process rank (\\d+) with PID \\d+ on node (\\S+) exited on (signal \\d+[^.]*)\\.");
  std::match_results<std::string_view::const_iterator> found;
  if (!std::regex_search(mpirun_words.begin(), mpirun_words.end(), found, *signal_end)) return "";
  return Cat("rank ", found[1].str(), " on ", found[2].str(), " ended by ", found[3].str());
}

}  // namespace shoal
