#include "common/run/event_log.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include <utility>

#include "common/log.h"
#include "common/status.h"

namespace shoal {

absl::StatusOr<std::unique_ptr<EventLog>> EventLog::Create(const std::string& directory, Clock* clock,
                                                           const Options& options) {
  std::string path = Cat(directory, "/", options.file_name);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | (options.go_on ? 0 : O_TRUNC) | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return ErrnoError(errno, Cat("cannot create ", path));
  // A line that a full disk cut short is a line of its own.
  char last = '\n';
  const off_t size = ::lseek(fd, 0, SEEK_END);
  if (size > 0 && ::pread(fd, &last, 1, size - 1) == 1 && last != '\n' && ::write(fd, "\n", 1) != 1) {
    LogWarning("cannot write to ", path);
  }
  return std::unique_ptr<EventLog>(new EventLog(fd, std::move(path), clock, options.print));
}

EventLog::EventLog(int fd, std::string path, Clock* clock, bool print)
    : fd_(fd), path_(std::move(path)), clock_(clock), print_(print), start_(clock->Now()) {}

EventLog::~EventLog() { ::close(fd_); }

double EventLog::elapsed_seconds() const { return absl::ToDoubleSeconds(clock_->Now() - start_); }

JsonWriter EventLog::Event(std::string_view name) const {
  JsonWriter json;
  json.BeginObject().Key("event").String(name).Key("elapsed_seconds").Number(elapsed_seconds());
  return json;
}

void EventLog::Write(JsonWriter event) {
  const std::string line = event.EndObject().text() + "\n";
  const ssize_t written = ::write(fd_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size()) || complained_) return;
  complained_ = true;
  // A line that was written in part filled what room there was.
  LogWarning("cannot write to ", path_, ": ", ::strerror(written < 0 ? errno : ENOSPC),
             "; training goes on without its log");
}

void EventLog::Print(std::string_view line) const {
  if (print_) LogInfo(line);
}

}  // namespace shoal
