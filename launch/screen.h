// Screen: what `shoal` shows while a job runs: lines as they come, and below them, on a terminal, one bar that is drawn
// over itself.
//
// Thread rule: one thread.

#pragma once

#include <string>
#include <string_view>

namespace shoal {

class Screen {
 public:
  // Lines of the job go to `out` and `error`, the bar to `error`.
  Screen(int out, int error) : out_(out), error_(error) {}
  ~Screen() { SetBar(""); }

  // `text` ends with a new line.
  void Write(bool to_error, std::string_view text);

  // Draws `bar`, cut to the terminal's width; empty takes it away.
  void SetBar(std::string_view bar);

 private:
  const int out_, error_;
  std::string bar_;
};

// Columns of the terminal at `fd`; 80 where it does not say.
int TerminalColumns(int fd);

}  // namespace shoal
