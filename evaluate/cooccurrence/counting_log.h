// CountingLog: tells the story of a run that counts: its events in log.jsonl (docs/formats/log.md), and lines for
// people on the log.
//
// Thread rule: one thread at a time.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/run/event_log.h"
#include "common/run/run_result.h"
#include "data/prepare.h"
#include "data/token_file.h"
#include "proto/job.pb.h"

namespace shoal {

class CountingLog {
 public:
  // Begins log.jsonl anew in `directory`, which exists. `print`: people's lines too, a few a minute.
  static absl::StatusOr<std::unique_ptr<CountingLog>> Create(const std::string& directory, Clock* clock, bool print);

  void Start(const job::Job& job);
  // `tokens` is the prepared corpus's file.
  void Prepared(const PreparedCorpus& corpus, const TokenFile& tokens);
  // `fraction` of `phase` is done. May be called often; writes and prints once every two seconds.
  void Progressed(std::string_view phase, double fraction);
  // The last event: "done", or "failed" with its reason.
  void Ended(const RunResult& result);

  // To people only.
  void Print(std::string_view line) const { log_->Print(line); }

  // Seconds since Create.
  double elapsed_seconds() const { return log_->elapsed_seconds(); }

 private:
  CountingLog(std::unique_ptr<EventLog> log, Clock* clock);

  const std::unique_ptr<EventLog> log_;
  Clock* const clock_;
  absl::Time next_progress_;
};

}  // namespace shoal
