#include "evaluate/cooccurrence/run_log.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <utility>

#include "absl/strings/str_format.h"
#include "common/log.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr absl::Duration kProgressInterval = absl::Seconds(2);

}  // namespace

absl::StatusOr<std::unique_ptr<RunLog>> RunLog::Create(const std::string& directory, Clock* clock, bool print) {
  const std::string path = Cat(directory, "/log.jsonl");
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return ErrnoError(errno, Cat("cannot create ", path));
  return std::unique_ptr<RunLog>(new RunLog(fd, clock, print));
}

RunLog::RunLog(int fd, Clock* clock, bool print)
    : fd_(fd), clock_(clock), print_(print), start_(clock->Now()), next_progress_(start_ + kProgressInterval) {}

RunLog::~RunLog() { ::close(fd_); }

double RunLog::elapsed_seconds() const { return absl::ToDoubleSeconds(clock_->Now() - start_); }

void RunLog::Write(std::string_view event, const std::function<void(JsonWriter*)>& add) {
  JsonWriter json;
  json.BeginObject().Key("event").String(event).Key("elapsed_seconds").Number(elapsed_seconds());
  add(&json);
  const std::string line = json.EndObject().text() + "\n";
  if (::write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    LogWarning("a line of log.jsonl could not be written");
  }
}

void RunLog::Print(std::string_view line) const {
  if (print_) LogInfo(line);
}

void RunLog::Progress(std::string_view phase, double fraction) {
  if (clock_->Now() < next_progress_) return;
  next_progress_ = clock_->Now() + kProgressInterval;
  Write("progress", [&](JsonWriter* json) { json->Key("phase").String(phase).Key("fraction").Number(fraction); });
  Print(absl::StrFormat("%s  %.0f %%", std::string(phase), 100 * fraction));
}

}  // namespace shoal
