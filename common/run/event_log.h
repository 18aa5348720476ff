// EventLog: log.jsonl in a run's output folder (docs/formats/log.md), and lines for people on the log. What the events
// are is told by those who write them: JobLog, CountingLog.
//
// Every event is one line of JSON, written by one system call when it happens, so that the file can be followed. That
// the log cannot be written (a full disk) is said once and does not end the run.
//
// Thread rule: one thread at a time.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/json.h"

namespace shoal {

inline constexpr std::string_view kLogFileName = "log.jsonl";

class EventLog {
 public:
  struct Options {
    bool print = false;  // People's lines too.
    bool go_on = false;  // With what is in the file; else it is begun anew.
    std::string_view file_name = kLogFileName;
  };
  // In `directory`, which exists.
  static absl::StatusOr<std::unique_ptr<EventLog>> Create(const std::string& directory, Clock* clock,
                                                          const Options& options);
  ~EventLog();

  // An event's object, begun with what every event has; Write ends it and writes its line.
  JsonWriter Event(std::string_view name) const;
  void Write(JsonWriter event);

  void Print(std::string_view line) const;

  // Seconds since Create, and before it those that a log which goes on tells of: time that passed between does not
  // count.
  double elapsed_seconds() const;

 private:
  EventLog(int fd, std::string path, Clock* clock, bool print, double elapsed_before);

  const int fd_;
  const std::string path_;
  Clock* const clock_;
  const bool print_;
  const double elapsed_before_;
  const absl::Time start_;
  bool complained_ = false;
};

}  // namespace shoal
