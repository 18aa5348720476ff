#include "common/run/event_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <algorithm>
#include <string>
#include <utility>

#include "common/log.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr std::string_view kElapsed = "\"elapsed_seconds\":";

// The last bytes of the file, some events' worth.
std::string EndOf(int fd) {
  char bytes[1 << 14];
  const off_t size = ::lseek(fd, 0, SEEK_END);
  const off_t begin = std::max<off_t>(0, size - static_cast<off_t>(sizeof(bytes)));
  const ssize_t n = ::pread(fd, bytes, size - begin, begin);
  return std::string(bytes, std::max<ssize_t>(n, 0));
}

// Of the last event in `log`; 0 where there is none.
double ElapsedIn(std::string_view log) {
  const size_t at = log.rfind(kElapsed);
  if (at == std::string_view::npos) return 0;
  return ::strtod(std::string(log.substr(at + kElapsed.size(), 32)).c_str(), nullptr);
}

}  // namespace

absl::StatusOr<std::unique_ptr<EventLog>> EventLog::Create(const std::string& directory, Clock* clock,
                                                           const Options& options) {
  std::string path = Cat(directory, "/", options.file_name);
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | (options.go_on ? 0 : O_TRUNC) | O_APPEND | O_CLOEXEC, 0644);
  if (fd < 0) return ErrnoError(errno, Cat("cannot create ", path));
  const std::string end = EndOf(fd);
  // A line that a full disk cut short is a line of its own.
  if (!end.empty() && end.back() != '\n' && ::write(fd, "\n", 1) != 1) LogWarning("cannot write to ", path);
  return std::unique_ptr<EventLog>(new EventLog(fd, std::move(path), clock, options.print, ElapsedIn(end)));
}

EventLog::EventLog(int fd, std::string path, Clock* clock, bool print, double elapsed_before)
    : fd_(fd),
      path_(std::move(path)),
      clock_(clock),
      print_(print),
      elapsed_before_(elapsed_before),
      start_(clock->Now()) {}

EventLog::~EventLog() { ::close(fd_); }

double EventLog::elapsed_seconds() const { return elapsed_before_ + absl::ToDoubleSeconds(clock_->Now() - start_); }

JsonWriter EventLog::Event(std::string_view name) const {
  JsonWriter json;
  json.BeginObject().Key("event").String(name).Key("elapsed_seconds").Number(elapsed_seconds());
  return json;
}

void EventLog::Write(JsonWriter event) {
  const std::string line = event.EndObject().text() + "\n";
  const ssize_t written = ::write(fd_, line.data(), line.size());
  if (written == static_cast<ssize_t>(line.size())) return;
  // A line that was written in part filled what room there was. There may be room again for the next, which must not
  // end this one.
  if (written > 0 && ::ftruncate(fd_, ::lseek(fd_, 0, SEEK_END) - written) != 0) {
    LogWarning("cannot take a part of a line back from ", path_, ": ", ::strerror(errno));
  }
  if (std::exchange(complained_, true)) return;
  LogWarning("cannot write to ", path_, ": ", ::strerror(written < 0 ? errno : ENOSPC),
             "; training goes on without its log");
}

void EventLog::Print(std::string_view line) const {
  if (print_) LogInfo(line);
}

}  // namespace shoal
