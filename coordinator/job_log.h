// JobLog: tells a job's story: log.jsonl in the output folder (docs/formats/log.md), and lines for people on the log.
//
// Every event is one line of JSON, written by one system call when it happens, so that the file can be followed. That
// the log cannot be written (a full disk) is said once and does not end the job; its result does.
//
// Thread rule: belongs to the coordinator's thread.

#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/json.h"
#include "common/run/run_result.h"
#include "coordinator/preparation.h"
#include "coordinator/progress.h"
#include "proto/job.pb.h"

namespace shoal {

class JobLog {
 public:
  // Begins log.jsonl anew in `directory`, which exists. `print`: people's lines too.
  static absl::StatusOr<std::unique_ptr<JobLog>> Create(const std::string& directory, Clock* clock, bool print);
  ~JobLog();

  void Start(const job::Job& job);
  void Preparing(std::string_view what);  // "counting words, 42 %". To people only.
  void Prepared(const PreparedData& data);
  // The first lease is given.
  void Training();
  void Progressed(const ProgressSnapshot& progress);
  // The last event: "done", or "failed" with its reason.
  void Ended(const RunResult& result);

  // Seconds since Create.
  double elapsed_seconds() const;

 private:
  JobLog(int fd, std::string path, Clock* clock, bool print);
  JsonWriter Event(std::string_view name) const;
  // Ends the event's object and writes its line.
  void Write(JsonWriter event);
  void Print(std::string_view line) const;

  const int fd_;
  const std::string path_;
  Clock* const clock_;
  const bool print_;
  const absl::Time start_;
  bool complained_ = false;
};

// "epoch 2/5  37.4 %  1.83 M words/s  loss 2.143  learning rate 0.0157  3:12 left"
std::string ProgressLine(const ProgressSnapshot& progress);

}  // namespace shoal
