// JobResult: what came of a job: result.json (docs/formats/log.md) and the table that ends the log.
//
// Thread rule: a value.

#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace shoal {

struct JobResult {
  std::string reason;  // Why it failed; empty: done.
  uint64_t words = 0;  // Trained, over all epochs, before sub-sampling.
  double seconds = 0;  // Of training alone.
  double words_per_second = 0;
  double loss = 0;  // Mean a pair over the last epoch.
  // By the clock on the wall, in the order they came: "prepare", "start", "train", "export".
  std::vector<std::pair<std::string, double>> seconds_by_phase;
  // Summed over the workers; phases of UnitProgress.
  std::map<std::string, double> worker_seconds_by_phase;
  std::vector<std::string> files;
  uint32_t workers = 0;
  uint32_t servers = 0;

  // The text of result.json, one line.
  std::string Json() const;

  // What a person reads at the end, a line each, columns aligned.
  std::vector<std::string> Table() const;
};

}  // namespace shoal
