#include "tests/unit/job_runs/counting_objective.h"

#include <algorithm>
#include <memory>

#include "common/files.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr uint64_t kWordsOfAnItem = 10;
constexpr uint32_t kCountingTable = 1;  // Its rows are zero at first.

class CountingObjective final : public Objective {
 public:
  CountingObjective(TrainedItems* items, CountingOptions options, const ObjectiveContext& context)
      : items_(*items),
        options_(std::move(options)),
        worker_(context.welcome.index()),
        table_(context.client.table(kCountingTable)) {}

  absl::Status Begin(const wire::Lease& lease) override {
    lease_ = lease;
    item_ = lease.begin();
    return absl::OkStatus();
  }

  absl::StatusOr<StepReport> Step() override {
    if (!options_.failure.ok() && item_ == options_.fail_at) return options_.failure;
    if (options_.rows > 0) {
      RETURN_IF_ERROR(AddToRow(item_));
    }
    items_.Add(lease_.epoch(), item_++, worker_);
    if (options_.step_time > absl::ZeroDuration()) options_.clock->SleepFor(options_.step_time);
    return StepReport{.unit_done = item_ == lease_.end(),
                      .work = kWordsOfAnItem,
                      .pairs = 1,
                      .loss_sum = 2,
                      .loss_pairs = 1,
                      .learning_rate = 0.5,
                      .compute_seconds = 0.25};
  }

  absl::StatusOr<std::vector<std::string>> Export(const std::string& directory) override {
    const std::string path = directory + "/items.txt";
    RETURN_IF_ERROR(WriteFileAtomically(path, Cat(items_.times().size(), "\n")));
    if (options_.rows > 0) {
      RETURN_IF_ERROR(WriteRows(directory + "/rows.txt"));
    }
    return std::vector{path};
  }

 private:
  absl::Status AddToRow(uint64_t item) {
    const uint64_t keys[] = {item};
    RETURN_IF_ERROR(table_.Request(keys, &batch_));
    RETURN_IF_ERROR(table_.Await(&batch_));
    batch_.rows[0][0] += 1;
    return table_.Commit(&batch_, 0);
  }

  absl::Status WriteRows(const std::string& path) {
    const uint32_t dim = table_.layout().dim;
    std::vector<float> rows(options_.rows * dim);
    RETURN_IF_ERROR(table_.Read(0, options_.rows, rows));
    std::string text;
    for (uint64_t row = 0; row < options_.rows; ++row) text += Cat(rows[row * dim], " ");
    return WriteFileAtomically(path, text);
  }

  TrainedItems& items_;
  const CountingOptions options_;
  const uint32_t worker_;
  TableAccess& table_;
  TableAccess::Batch batch_;
  wire::Lease lease_;
  uint64_t item_ = 0;  // The next.
};

}  // namespace

WorkerParts CountingParts(TrainedItems* items, CountingOptions options) {
  WorkerParts parts;
  parts.make_objective = [items, options](const ObjectiveContext& context) {
    return absl::StatusOr<std::unique_ptr<Objective>>(std::make_unique<CountingObjective>(items, options, context));
  };
  return parts;
}

PrepareFunction ItemsOf(uint64_t items, uint64_t items_of_a_unit) {
  return [=](const job::Job&, const std::string&, const PreparationProgress&) -> absl::StatusOr<PreparedData> {
    PreparedData data{.file = "/nowhere/items", .description = Cat(items, " items"), .items = items};
    for (uint64_t begin = 0; begin < items; begin += items_of_a_unit) {
      const uint64_t end = std::min(begin + items_of_a_unit, items);
      data.units.push_back({.begin = begin, .end = end, .work = kWordsOfAnItem * (end - begin)});
    }
    return data;
  };
}

}  // namespace shoal
