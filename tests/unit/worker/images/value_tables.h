// ValueTables: the tables of an image job in memory, and a learner that computes nothing, for tests of what is kept on
// the servers.

#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "proto/job.pb.h"
#include "proto/wire.pb.h"
#include "tests/unit/worker/memory_tables.h"
#include "worker/models/contrastive_learner.h"

namespace shoal {

// The tables that `job` has for `pictures`.
std::unique_ptr<MemoryTables> MakeValueTables(const job::Job& job, uint64_t pictures);

// Rows [0, rows) of a table, of `dim` floats each.
std::vector<float> RowsOf(TableAccess& table, uint64_t rows);

// Its parameters are the test's.
class IdleLearner final : public ContrastiveLearner {
 public:
  IdleLearner(int64_t dim, size_t parameters) : dim_(dim), query_(parameters), key_(parameters) {}

  absl::StatusOr<StepResult> Step(const StepInput&) override { return StepResult(); }
  std::shared_ptr<uint8_t[]> ViewMemory(size_t) override { return nullptr; }
  absl::Status Features(std::span<const float>, std::span<float>) override { return absl::OkStatus(); }
  int64_t features() const override { return dim_; }
  int64_t dim() const override { return dim_; }
  uint64_t steps() const override { return 0; }
  std::span<const float> QueryParameters() const override { return query_; }
  std::vector<float>& query() { return query_; }
  std::span<float> KeyParameters() override { return key_; }
  std::span<float> RunningStatistics() override { return {}; }
  std::span<float> KeyRunningStatistics() override { return {}; }
  size_t StateFloats() const override { return 0; }
  std::string StateLayout() const override { return ""; }
  absl::Status SaveState(std::span<float>) const override { return absl::OkStatus(); }
  absl::Status LoadState(std::span<const float>) override { return absl::OkStatus(); }
  absl::Status ExportBackbone(const std::string&, const PictureNormalisation&) const override {
    return absl::OkStatus();
  }

 private:
  const int64_t dim_;
  std::vector<float> query_, key_;
};

}  // namespace shoal
