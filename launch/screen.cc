#include "launch/screen.h"

#include <errno.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "common/text.h"

namespace shoal {
namespace {

constexpr char kEraseLine[] = "\r\x1b[K";

void WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(fd, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return;  // Nobody reads any more; the job goes on.
    text.remove_prefix(n);
  }
}

}  // namespace

void Screen::Write(bool to_error, std::string_view text) {
  if (text.empty()) return;
  if (!bar_.empty()) WriteAll(error_, kEraseLine);
  WriteAll(to_error ? error_ : out_, text);
  if (!bar_.empty()) WriteAll(error_, bar_);
}

void Screen::SetBar(std::string_view bar) {
  if (bar.empty() && bar_.empty()) return;
  bar_ = bar.substr(0, std::max(1, TerminalColumns(error_) - 1));
  WriteAll(error_, Cat(kEraseLine, bar_));
}

int TerminalColumns(int fd) {
  winsize size;
  return ::ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace shoal
