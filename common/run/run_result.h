// RunResult: what came of a run: result.json in its output folder (docs/formats/log.md), written last and read by
// whoever asks later; and the table that ends its log.
//
// Thread rule: a value; Write, Read and Remove from any thread.

#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/files.h"
#include "common/version.h"

namespace shoal {

inline constexpr std::string_view kResultFileName = "result.json";

using SecondsByPhase = std::vector<std::pair<std::string, double>>;

struct RunResult {
  bool done = false;
  std::string reason;                      // Why it failed; empty: done.
  bool restartable = false;                // A process was lost: the job may well go on from its last checkpoint.
  uint64_t checkpoint = 0;                 // The newest; 0: none.
  std::vector<std::string> units_at_hand;  // Of a job that failed in training: what each worker was at, by index.
  std::string work = "words";              // What is counted: words, or pictures; names their fields in the file.
  uint64_t words = 0;                      // Of the work, trained over all epochs, before sub-sampling.
  double seconds = 0;                      // Of training alone.
  double words_per_second = 0;
  std::optional<double> loss;       // Mean a pair over the last epoch; none where nothing is trained pair by pair.
  std::optional<double> knn;        // Of the last measurement (encoder.evaluate_every), in per cent.
  SecondsByPhase seconds_by_phase;  // By the clock on the wall, in the order they came.
  std::optional<SecondsByPhase> worker_seconds_by_phase;  // Summed over the workers; none where none step.
  std::vector<std::string> files;                         // Paths that the run exported.
  uint32_t workers = 0, servers = 0;
  std::string version{Version()};  // Of the shoal that ran.

  // The text of result.json, one line.
  std::string Json() const;

  // What a person reads at the end, a line each, columns aligned.
  std::vector<std::string> Table() const;

  // result.json of the folder `output`; it appears whole.
  absl::Status Write(const std::string& output, Durability durability = Durability::kSynced) const;

  // NotFound: no run has ended in `output`. DataLoss: its result.json is not what it should be. The phases come the
  // longest first, since the fields of a JSON object have no order.
  static absl::StatusOr<RunResult> Read(const std::string& output);

  // Of an earlier run, so that the folder is known for one whose run is not over. What cannot be removed stays.
  static void Remove(const std::string& output);
};

}  // namespace shoal
