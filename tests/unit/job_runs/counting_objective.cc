#include "tests/unit/job_runs/counting_objective.h"

#include <algorithm>
#include <memory>

#include "common/clock.h"
#include "common/files.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr uint64_t kWordsOfAnItem = 10;

class CountingObjective final : public Objective {
 public:
  CountingObjective(TrainedItems* items, CountingOptions options, uint32_t worker)
      : items_(*items), options_(std::move(options)), worker_(worker) {}

  absl::Status Begin(const wire::Lease& lease) override {
    lease_ = lease;
    return absl::OkStatus();
  }

  absl::StatusOr<StepReport> Step() override {
    const uint64_t item = lease_.cursor();
    if (!options_.failure.ok() && item == options_.fail_at) return options_.failure;
    items_.Add(lease_.epoch(), item, worker_);
    if (options_.step_time > absl::ZeroDuration()) Clock::Real().SleepFor(options_.step_time);
    lease_.set_cursor(item + 1);
    return StepReport{.cursor = item + 1,
                      .unit_done = item + 1 == lease_.end(),
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
    return std::vector{path};
  }

 private:
  TrainedItems& items_;
  const CountingOptions options_;
  const uint32_t worker_;
  wire::Lease lease_;
};

}  // namespace

WorkerParts CountingParts(TrainedItems* items, CountingOptions options) {
  WorkerParts parts;
  parts.make_objective = [items, options](const ObjectiveContext& context) {
    return absl::StatusOr<std::unique_ptr<Objective>>(
        std::make_unique<CountingObjective>(items, options, context.welcome.index()));
  };
  return parts;
}

PrepareFunction ItemsOf(uint64_t items, uint64_t items_of_a_unit) {
  return [=](const job::Job&, const std::string&, const PreparationProgress&) -> absl::StatusOr<PreparedData> {
    PreparedData data{.token_file = "/nowhere/items", .description = Cat(items, " items"), .vocabulary_words = 100};
    for (uint64_t begin = 0; begin < items; begin += items_of_a_unit) {
      const uint64_t end = std::min(begin + items_of_a_unit, items);
      data.units.push_back({.begin = begin, .end = end, .work = kWordsOfAnItem * (end - begin)});
    }
    return data;
  };
}

}  // namespace shoal
