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
#include "data/prepared_data.h"
#include "proto/job.pb.h"

namespace shoal {

using PrepareFunction = std::function<absl::StatusOr<PreparedData>(
    const job::Job& job, const std::string& cache_directory, const PreparationProgress& progress)>;

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
