// Preparation: the job's data made ready for its workers, in a thread, so that the coordinator goes on answering.
//
// Thread rule: belongs to the coordinator's thread; what it shares with its own thread is inside.

#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/executor.h"
#include "data/source.h"
#include "proto/job.pb.h"

namespace shoal {

// Writes what users take away of the data itself into a folder, and returns the paths.
using ExportedFiles = absl::StatusOr<std::vector<std::string>>;
using DataExport = std::function<ExportedFiles(const std::string& directory)>;

struct PreparedData {
  std::string token_file;  // Absolute path.
  bool reused = false;
  std::string why_rebuilt;  // Where a token file was there and was not used.
  std::string description;  // Source::Describe.
  uint64_t vocabulary_words = 0;
  uint64_t fingerprint = 0;  // Of what is trained on; equal for equal data, wherever it lies.
  std::vector<Unit> units;
  // Run when all is trained, in a thread.
  DataExport export_data = [](const std::string&) { return std::vector<std::string>(); };
};

// `fraction` of `phase` is done. False: give up.
using PreparationProgress = std::function<bool(double fraction, std::string_view phase)>;
using PrepareFunction = std::function<absl::StatusOr<PreparedData>(
    const job::Job& job, const std::string& cache_directory, const PreparationProgress& progress)>;

// What a job's data asks for: a corpus becomes a token file (data/prepare.h), cut into units (common/job/derived.h),
// and exports its vocabulary. Aborted: `progress` said to give up.
absl::StatusOr<PreparedData> PrepareData(const job::Job& job, const std::string& cache_directory,
                                         const PreparationProgress& progress);

class Preparation {
 public:
  // Begins at once. `prepare` runs in the executor's thread.
  Preparation(Executor* executor, const job::Job& job, std::string cache_directory, PrepareFunction prepare);
  // Tells the thread to give up and waits for it: as long as `prepare` takes to ask its progress function.
  ~Preparation();

  // The outcome, once; nothing while the thread is at work or the outcome was taken.
  std::optional<absl::StatusOr<PreparedData>> Take();

  // "counting words, 42 %"; empty before the first word of the thread.
  std::string Describe() const;

 private:
  class Shared;
  const std::unique_ptr<Shared> shared_;
};

}  // namespace shoal
