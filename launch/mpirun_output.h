// MpirunOutput: tells the job's own lines in mpirun's output from what mpirun says itself, and from the errors that its
// roles end with. Only the first are for the screen at once: of a failure all speak, and its user needs one reason.
//
// Thread rule: one thread.

#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shoal {

// The line "worker rank 2: error: WHAT" of a role's log.
struct RoleError {
  std::string role;
  std::string what;

  std::string line() const { return role + ": error: " + what; }
};

class MpirunOutput {
 public:
  // Takes bytes as they come, and returns the job's whole lines among them.
  std::string Take(std::string_view bytes);

  // The job's last line where it does not end with a new line. Call once, at the end.
  std::string TakeRest();

  // mpirun's words so far, without the dashes around them: those, and "[host:1234] ..." lines.
  const std::string& mpirun_words() const { return mpirun_words_; }

  const std::vector<RoleError>& errors() const { return errors_; }

 private:
  // Longer lines are passed on in pieces, and what mpirun says is cut there.
  static constexpr size_t kMaxBytes = size_t{1} << 16;
  // The rest passes on: a reason is among the first.
  static constexpr size_t kMaxErrors = 64;

  void TakeLine(std::string_view line, std::string* own);

  std::string partial_;
  bool in_mpirun_words_ = false;
  std::string mpirun_words_;
  std::vector<RoleError> errors_;
};

struct RankDeath {
  int rank = 0;
  std::string host;
  int signal = 0;
  std::string how;  // "signal 9 (Killed)".
};

// The death of a process that `mpirun_words` tell of, if they do.
std::optional<RankDeath> DeathIn(std::string_view mpirun_words);

}  // namespace shoal
