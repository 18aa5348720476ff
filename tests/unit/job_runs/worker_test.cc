#include "worker/worker.h"

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/files.h"
#include "common/status.h"
#include "gmock/gmock.h"
#include "tests/unit/job_runs/counting_objective.h"
#include "tests/unit/job_runs/job_run.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

// Its step fails, and what it has under way does not end.
class Unending final : public Objective {
 public:
  // Left by their workers; kept within reach, as an end of the process would not ask for them.
  static std::vector<Objective*>& Left() {
    static auto* left = new std::vector<Objective*>;
    return *left;
  }

  explicit Unending(std::string result) : result_(std::move(result)) {}
  ~Unending() override { ADD_FAILURE() << "what is under way uses it"; }

  absl::Status Begin(const wire::Lease&) override { return absl::OkStatus(); }
  absl::StatusOr<StepReport> Step() override { return Internal("out of order"); }
  absl::StatusOr<std::vector<std::string>> Export(const std::string&) override { return std::vector<std::string>(); }
  bool End(const absl::Status& outcome) override {
    EXPECT_EQ(outcome, Internal("out of order"));
    for (int i = 0; i < 5000 && !ReadFile(result_).ok(); ++i) Clock::Real().SleepFor(absl::Milliseconds(1));
    EXPECT_THAT(ReadFile(result_).value_or("nothing"), HasSubstr("out of order")) << "it is told before";
    Left().push_back(this);
    return false;
  }

 private:
  const std::string result_;
};

TEST(WorkerTest, AFailureIsToldBeforeWhatIsUnderWayIsEndedAndThatIsLeftWhereItDoesNotEnd) {
  job::Job job = QuickJob();
  job.mutable_heartbeats()->set_dead_after_seconds(60);  // Silence tells nothing here.
  const std::string output = ::testing::TempDir() + "unending";
  JobRunOptions options{.job = job, .prepare = ItemsOf(/*items=*/20, /*items_of_a_unit=*/5), .output = output};
  options.worker_parts.make_objective = [&](const ObjectiveContext&) -> absl::StatusOr<std::unique_ptr<Objective>> {
    return std::make_unique<Unending>(output + "/result.json");
  };
  JobRun run(options);
  EXPECT_EQ(run.Wait()[run.rank_of_worker(0)], Internal("out of order"));
  EXPECT_THAT(std::string(run.coordinator().message()), HasSubstr("out of order"));
  EXPECT_EQ(Unending::Left().size(), 1);
  std::filesystem::remove_all(output);
}

}  // namespace
}  // namespace shoal
