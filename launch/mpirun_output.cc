#include "launch/mpirun_output.h"

#include <regex>

#include "absl/strings/numbers.h"
#include "common/text.h"

namespace shoal {
namespace {

// Open MPI's show_help draws 74 dashes above and below.
bool IsDashes(std::string_view line) {
  constexpr size_t kFewest = 60;
  return line.size() >= kFewest && line.find_first_not_of('-') == std::string_view::npos;
}

using Match = std::match_results<std::string_view::const_iterator>;

// What stands outside of dashes: "[host:1234] ...", as mpirun and Open MPI in a role begin their lines; that mpirun
// passes a signal on; and what its event library says when a rank's pipe is gone.
bool IsOfMpirun(std::string_view line) {
  static const std::regex* start = new std::regex("\\[[^\\s\\]]+:\\d+\\] |mpirun: Forwarding signal|\\[warn\\] Epoll ");
  return std::regex_search(line.begin(), line.end(), *start, std::regex_constants::match_continuous);
}

std::optional<RoleError> ErrorIn(std::string_view line) {
  static const std::regex* form = new std::regex("(coordinator|(?:server|worker)(?: rank \\d+)?): error: ");
  Match found;
  if (!std::regex_search(line.begin(), line.end(), found, *form, std::regex_constants::match_continuous)) {
    return std::nullopt;
  }
  return RoleError{.role = found[1].str(), .what = std::string(line.substr(found.length()))};
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
  } else if (in_mpirun_words_ || IsOfMpirun(line)) {
    if (mpirun_words_.size() < kMaxBytes) mpirun_words_ += Cat(line, "\n");
  } else if (auto error = ErrorIn(line); error.has_value() && errors_.size() < kMaxErrors) {
    errors_.push_back(*std::move(error));
  } else {
    *own += Cat(line, "\n");
  }
}

std::optional<RankDeath> DeathIn(std::string_view mpirun_words) {
  static const std::regex* signal_end =
      new std::regex("process rank (\\d+) with PID \\d+ on node (\\S+) exited on (signal (\\d+)[^.]*)\\.");
  Match found;
  RankDeath death;
  if (!std::regex_search(mpirun_words.begin(), mpirun_words.end(), found, *signal_end) ||
      !absl::SimpleAtoi(found[1].str(), &death.rank) || !absl::SimpleAtoi(found[4].str(), &death.signal)) {
    return std::nullopt;
  }
  death.host = found[2].str();
  death.how = found[3].str();
  return death;
}

}  // namespace shoal
