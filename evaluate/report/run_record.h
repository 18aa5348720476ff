// RunRecord: what an output folder tells of its run, read back for the report: log.jsonl, result.json, job.textproto
// and evaluation.json (docs/formats/log.md). Each may be missing: the report of a run that died shows what there is.
//
// Thread rule: a value.

#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "evaluate/figures.h"

namespace shoal {

struct ProgressPoint {
  double elapsed_seconds = 0;
  double epoch = 0;
  double words_per_second = 0;
  double loss = 0;
  double learning_rate = 0;
};

using SecondsByPhase = std::vector<std::pair<std::string, double>>;  // The longest first.

struct RunRecord {
  std::string name, version, time, data;  // As the events "start" and "prepared" say; empty where they are missing.
  std::string status, reason;             // Empty status: no result.json, the run is not over or was killed.
  double words = 0, seconds = 0, words_per_second = 0, loss = 0;
  double epochs = 0, workers = 0, servers = 0;
  std::vector<ProgressPoint> progress;  // Those that measured a speed.
  SecondsByPhase seconds_by_phase, worker_seconds_by_phase;
  std::string job;      // Text of job.textproto.
  WordFigures figures;  // Out of evaluation.json; no results where there is none.
};

// DataLoss names the file and line that is no JSON, but for a last line of the log that was cut. ResourceExhausted: a
// log of more than kMaxLogLines lines.
inline constexpr size_t kMaxLogLines = 2'000'000;
absl::StatusOr<RunRecord> ReadRunRecord(const std::string& directory);

}  // namespace shoal
