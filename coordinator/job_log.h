// JobLog: tells a job's story: its events in log.jsonl (docs/formats/log.md), and lines for people on the log.
//
// Thread rule: belongs to the coordinator's thread.

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/run/event_log.h"
#include "common/run/run_result.h"
#include "coordinator/checkpoint_driver.h"
#include "coordinator/preparation.h"
#include "coordinator/progress.h"
#include "proto/job.pb.h"

namespace shoal {

class JobLog {
 public:
  // Begins log.jsonl anew in `directory`, which exists, or goes on with what is there. `print`: people's lines too.
  static absl::StatusOr<std::unique_ptr<JobLog>> Create(const std::string& directory, Clock* clock, bool print,
                                                        bool go_on = false);

  void Start(const job::Job& job);
  void GoesOn(const checkpoint::Manifest& from);
  void Preparing(std::string_view what);  // "counting words, 42 %". To people only.
  void Prepared(const PreparedData& data);
  // The first lease is given.
  void Training();
  void Progressed(const ProgressSnapshot& progress);
  // Training stood still for it between two epochs, after so many pictures.
  void Measured(const wire::KnnFigure& knn, uint64_t pictures);
  void TookCheckpoint(const CheckpointOutcome& outcome);
  // The last event: "done", or "failed" with its reason. `pairs`: trained by a job that is done.
  void Ended(const RunResult& result, uint64_t pairs);

 private:
  explicit JobLog(std::unique_ptr<EventLog> log) : log_(std::move(log)) {}

  const std::unique_ptr<EventLog> log_;
};

// "epoch 2/5  37.4 %  1.83 M words/s  loss 2.143  learning rate 0.0157  3:12 left"
std::string ProgressLine(const ProgressSnapshot& progress);

}  // namespace shoal
