// RunLog: log.jsonl of a counting run, and lines for people: docs/formats/log.md, with `phase` in its progress events.
//
// Thread rule: one thread at a time.

#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/json.h"

namespace shoal {

class RunLog {
 public:
  // Begins `directory`/log.jsonl anew. `print`: lines on standard error too, a few a minute.
  static absl::StatusOr<std::unique_ptr<RunLog>> Create(const std::string& directory, Clock* clock, bool print);
  ~RunLog();

  double elapsed_seconds() const;

  // Writes {"event":name,"elapsed_seconds":..., and what `add` adds}.
  void Write(std::string_view event, const std::function<void(JsonWriter*)>& add);
  void Print(std::string_view line) const;
  // `fraction` of `phase` is done. May be called often; writes and prints once every two seconds.
  void Progress(std::string_view phase, double fraction);

 private:
  RunLog(int fd, Clock* clock, bool print);

  const int fd_;
  Clock* const clock_;
  const bool print_;
  const absl::Time start_;
  absl::Time next_progress_;
};

}  // namespace shoal
