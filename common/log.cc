#include "common/log.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <cstdio>

namespace shoal {
namespace {

std::string& LogName() {
  static std::string* name = new std::string;
  return *name;
}

bool logs_info_lines = true;

}  // namespace

void SetLogName(std::string name) { LogName() = std::move(name); }

void SetLogsInfo(bool logs_info) { logs_info_lines = logs_info; }
bool LogsInfo() { return logs_info_lines; }

void LogLine(std::string_view severity, std::string_view message) {
  const std::string line = Cat(LogName(), LogName().empty() ? "" : ": ", severity, message, "\n");
  // A log that cannot be written has nowhere to say so.
  [[maybe_unused]] const ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

bool StandardOutputArrived() {
  errno = 0;
  if (std::fflush(stdout) == 0 && std::ferror(stdout) == 0) return true;
  LogError("what was printed could not be written: ",
           std::string(errno == 0 ? "standard output is broken" : ::strerror(errno)));
  return false;
}

}  // namespace shoal
