// MpirunOutput: tells the job's own lines in mpirun's output from what mpirun says itself between lines of dashes.
//
// Thread rule: one thread.

#pragma once

#include <string>
#include <string_view>

namespace shoal {

class MpirunOutput {
 public:
  // Takes bytes as they come, and returns the job's whole lines among them.
  std::string Take(std::string_view bytes);

  // The job's last line where it does not end with a new line. Call once, at the end.
  std::string TakeRest();

  // mpirun's words so far, without the dashes.
  const std::string& mpirun_words() const { return mpirun_words_; }

 private:
  // Longer lines are passed on in pieces, and what mpirun says is cut there.
  static constexpr size_t kMaxBytes = size_t{1} << 16;

  void TakeLine(std::string_view line, std::string* own);

  std::string partial_;
  bool in_mpirun_words_ = false;
  std::string mpirun_words_;
};

// "rank 3 was killed by signal 9 (Killed)", where `mpirun_words` tell of such an end; empty where they do not.
std::string DeathIn(std::string_view mpirun_words);

}  // namespace shoal
