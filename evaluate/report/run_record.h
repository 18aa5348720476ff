// RunRecord: what an output folder tells of its run, read back for the report: log.jsonl, result.json, job.textproto
// and evaluation.json (docs/formats/log.md). Each may be missing: the report of a run that died shows what there is.
//
// Thread rule: a value.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/run/run_result.h"
#include "evaluate/figures.h"

namespace shoal {

struct ProgressPoint {
  double elapsed_seconds = 0;
  double epoch = 0;
  double words_per_second = 0;  // Or pictures.
  double loss = 0;
  double learning_rate = 0;
  std::optional<double> alignment, uniformity, spread;  // Of an image encoder.
};

// A measurement of an image encoder between two epochs.
struct KnnPoint {
  double elapsed_seconds = 0;
  double epochs = 0;
  double percent = 0, chance = 0;
};

struct RunRecord {
  std::string name, version, time, data;  // As the events "start" and "prepared" say; empty where they are missing.
  std::optional<RunResult> result;        // None: the run is not over, or was killed.
  double epochs = 0, workers = 0, servers = 0;
  std::string work = "words";           // What progress is counted in: words, or pictures.
  std::vector<ProgressPoint> progress;  // Those that measured a speed.
  std::vector<KnnPoint> knn;            // The last of each number of epochs.
  std::string job;                      // Text of job.textproto.
  WordFigures figures;                  // Out of evaluation.json; no results where there is none.
};

// DataLoss names the file and line that is no JSON, but for a last line of the log that was cut. ResourceExhausted: a
// log of more than kMaxLogLines lines.
inline constexpr size_t kMaxLogLines = 2'000'000;
absl::StatusOr<RunRecord> ReadRunRecord(const std::string& directory);

}  // namespace shoal
