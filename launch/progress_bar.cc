#include "launch/progress_bar.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/str_format.h"
#include "common/format.h"
#include "common/json_object.h"
#include "common/text.h"

namespace shoal {
namespace {

// A line that is longer is no event; its start is dropped.
constexpr size_t kMaxLineBytes = size_t{1} << 20;

// "[=====>    ]" of `width` columns, brackets included.
std::string Gauge(double fraction, int width) {
  const int inside = std::max(3, width - 2);
  const int filled = static_cast<int>(std::clamp(fraction, 0.0, 1.0) * inside);
  std::string gauge(inside, ' ');
  std::fill_n(gauge.begin(), filled, '=');
  if (filled > 0 && filled < inside) gauge[filled - 1] = '>';
  return Cat("[", gauge, "]");
}

}  // namespace

LogFollower::~LogFollower() {
  if (fd_ >= 0) ::close(fd_);
}

std::string LogFollower::LastNewLine() {
  if (fd_ < 0) fd_ = ::open(path_.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) return "";
  // A run that begins anew begins its log anew.
  if (struct stat info; ::fstat(fd_, &info) == 0 && info.st_size < ::lseek(fd_, 0, SEEK_CUR)) ::lseek(fd_, 0, SEEK_SET);
  char chunk[1 << 14];
  ssize_t n;
  while ((n = ::read(fd_, chunk, sizeof(chunk))) > 0 || (n < 0 && errno == EINTR)) {
    if (n > 0) partial_.append(chunk, n);
  }
  std::string last;
  if (const size_t end = partial_.rfind('\n'); end != std::string::npos) {
    const size_t begin = end == 0 ? std::string::npos : partial_.rfind('\n', end - 1);
    last =
        partial_.substr(begin == std::string::npos ? 0 : begin + 1, end - (begin == std::string::npos ? 0 : begin + 1));
    partial_.erase(0, end + 1);
  }
  if (partial_.size() > kMaxLineBytes) partial_.clear();
  return last;
}

std::string BarOf(std::string_view line, int columns) {
  const auto event = JsonObject::Parse(line);
  if (!event.ok()) return "";
  const std::string name = event->Text("event");
  if (name == "start") return "preparing the data ...";
  if (name == "prepared") return "starting the roles ...";
  if (name != "progress") return "";
  const std::string before = absl::StrFormat("epoch %.0f/%.0f ", event->Number("epoch"), event->Number("epochs"));
  const std::string work = event->Text("work");
  const std::string loss = event->Has("loss") ? absl::StrFormat("  loss %.3f", event->Number("loss")) : "";
  const std::string after =
      absl::StrFormat(" %3.0f %%  %s %s/s%s  rate %.4f  %s left", std::floor(100 * event->Number("fraction")),
                      FormatScaled(event->Number(Cat(work, "_per_second"))), work, loss, event->Number("learning_rate"),
                      FormatClock(event->Number("eta_seconds")));
  constexpr int kWidest = 40;
  const int free = columns - 1 - static_cast<int>(before.size() + after.size());
  return before + Gauge(event->Number("fraction"), std::min(free, kWidest)) + after;
}

}  // namespace shoal
