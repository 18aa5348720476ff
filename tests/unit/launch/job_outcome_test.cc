#include "launch/job_outcome.h"

#include <gtest/gtest.h>

#include "common/exit_codes.h"
#include "common/status.h"

namespace shoal {
namespace {

using Lines = std::vector<std::string>;

constexpr char kKilled[] = "mpirun noticed that process rank 2 with PID 1234 on node vm exited on signal 9 (Killed).\n";
constexpr char kCrashed[] = "mpirun noticed that process rank 1 with PID 1234 on node vm exited on signal 11 (Segv).\n";

JobOutcome OutcomeOf(const SupervisedRun& run, const absl::StatusOr<RunResult>& result = NotFound("no result.json"),
                     uint64_t checkpoint = 0) {
  return JobOutcome::Of(run, result, job::Job(), checkpoint);
}

TEST(JobOutcomeTest, TheReasonIsToldOnceHoweverManyTellIt) {
  const SupervisedRun run{
      .exit_code = 1,
      .mpirun_words = "MPI_ABORT was invoked on rank 0\n",
      .errors = {{"worker rank 2", "bad row"}, {"coordinator", "worker 0 (rank 2, host vm) failed: bad row"}}};
  const JobOutcome outcome = OutcomeOf(run, RunResult{.reason = "worker 0 (rank 2, host vm) failed: bad row"});
  EXPECT_FALSE(outcome.done);
  EXPECT_EQ(outcome.details, Lines());
  EXPECT_EQ(outcome.reason, "worker 0 (rank 2, host vm) failed: bad row");
}

TEST(JobOutcomeTest, WithoutAResultTheFirstErrorIsTheReasonAndAnotherOneADetail) {
  const SupervisedRun run{.errors = {{"coordinator", "bad row"}, {"coordinator", "cannot write result.json"}}};
  EXPECT_EQ(OutcomeOf(run).reason, "bad row");
  EXPECT_EQ(OutcomeOf(run).details, Lines({"coordinator: error: cannot write result.json"}));
}

TEST(JobOutcomeTest, AnErrorOfAnotherRoleThanTheCoordinatorHasItsName) {
  EXPECT_EQ(OutcomeOf({.errors = {{"worker rank 2", "no memory"}}}).reason, "worker rank 2: no memory");
}

TEST(JobOutcomeTest, ARoleThatCouldNotReachTheCoordinatorKnowsMoreThanIt) {
  const std::string told = "mpirun ended the job: a process of it died";
  const SupervisedRun run{.errors = {{"server rank 1", "it is cut off"}, {"coordinator", told}}};
  const JobOutcome outcome = OutcomeOf(run, RunResult{.reason = told});
  EXPECT_EQ(outcome.details, Lines());
  EXPECT_EQ(outcome.reason, "server rank 1: it is cut off");
}

TEST(JobOutcomeTest, AKilledRoleIsNamedInPlaceOfWhatTheCoordinatorKnows) {
  const std::string told = "mpirun ended the job: a process of it died";
  const SupervisedRun run{.mpirun_words = kKilled, .errors = {{"coordinator", told}}};
  const JobOutcome outcome = OutcomeOf(run, RunResult{.reason = told});
  EXPECT_EQ(outcome.details, Lines());
  EXPECT_EQ(outcome.reason,
            "worker 0 (rank 2, host vm) was ended by signal 9 (Killed), as the kernel does where memory "
            "runs out; shoal plan tells what each role takes");
}

TEST(JobOutcomeTest, ACrashKeepsWhatMpirunSaysOfIt) {
  const JobOutcome outcome = OutcomeOf({.mpirun_words = Cat("[vm:7] [ 0] a frame\n", kCrashed)});
  EXPECT_EQ(outcome.reason, "server 0 (rank 1, host vm) was ended by signal 11 (Segv)");
  ASSERT_EQ(outcome.details.size(), 2u);
  EXPECT_EQ(outcome.details[0], "mpirun: [vm:7] [ 0] a frame");
}

TEST(JobOutcomeTest, AnEndThatNobodyExplainsHasAllThatMpirunSays) {
  const JobOutcome outcome = OutcomeOf({.exit_code = 213, .mpirun_words = "no slots\n"});
  EXPECT_EQ(outcome.details, Lines({"mpirun: no slots"}));
  EXPECT_EQ(outcome.reason, "it ended without a result; mpirun's exit code is 213");
}

TEST(JobOutcomeTest, AStopIsNoFailureOfTheJob) {
  const SupervisedRun run{.stop_signal = 2, .mpirun_words = kKilled, .errors = {{"coordinator", "told to stop"}}};
  const JobOutcome outcome = OutcomeOf(run, RunResult{.reason = "told to stop"});
  EXPECT_FALSE(outcome.done);
  EXPECT_EQ(outcome.details, Lines());
  EXPECT_EQ(outcome.reason, "stopped by Ctrl-C; no process is left, and no vectors were written");
}

TEST(JobOutcomeTest, AStopWithACheckpointTellsThatTheCommandGoesOn) {
  EXPECT_EQ(OutcomeOf({.stop_signal = 15}, RunResult{.reason = "told to stop"}, 7).reason,
            "stopped by a signal; no process is left; the same command goes on from checkpoint 7");
}

TEST(JobOutcomeTest, ALostProcessMakesTheJobRestartableAndItsUnitIsThePlace) {
  const RunResult told{.reason = "a process died", .restartable = true, .units_at_hand = {"unit 7 of epoch 2"}};
  const JobOutcome outcome = OutcomeOf({.mpirun_words = kKilled}, told);
  EXPECT_TRUE(outcome.restartable);
  EXPECT_EQ(outcome.place, "in unit 7 of epoch 2");
  EXPECT_EQ(OutcomeOf({.mpirun_words = kCrashed}, told).place, "") << "a server's";
}

TEST(JobOutcomeTest, AJobThatDiedBeforeItTrainedIsRestartableAtThatPlace) {
  const JobOutcome outcome = OutcomeOf({.mpirun_words = kKilled}, RunResult{.reason = "died", .restartable = true});
  EXPECT_TRUE(outcome.restartable);
  EXPECT_EQ(outcome.place, "before it trained anything");
}

TEST(JobOutcomeTest, AnErrorOfTheJobsOwnIsNotRestartable) {
  EXPECT_FALSE(OutcomeOf({.exit_code = 1}, RunResult{.reason = "no such corpus"}).restartable);
  EXPECT_FALSE(OutcomeOf({.exit_code = 1}).restartable);
}

TEST(JobOutcomeTest, WithoutAResultADeathMakesTheJobRestartable) {
  EXPECT_TRUE(OutcomeOf({.mpirun_words = kKilled}).restartable);
  EXPECT_TRUE(OutcomeOf({.exit_code = 137}).restartable) << "mpirun itself was killed";
}

TEST(JobOutcomeTest, ACoordinatorThatHangsAndLeavesNoResultMakesTheJobRestartable) {
  const SupervisedRun run{.exit_code = kPeerLost, .errors = {{"server rank 1", "has heard nothing"}}};
  EXPECT_TRUE(OutcomeOf(run).restartable);
  EXPECT_EQ(OutcomeOf(run).reason, "server rank 1: has heard nothing");
}

TEST(JobOutcomeTest, AStopNamesWhatCouldNotBeEnded) {
  EXPECT_EQ(OutcomeOf({.stop_signal = 15, .left = {"shoal-coordinator (process 7)"}}).reason,
            "stopped by a signal; shoal-coordinator (process 7) could not be ended, and no vectors were written");
}

TEST(JobOutcomeTest, OfAJobThatIsDoneNothingIsLost) {
  const JobOutcome outcome = OutcomeOf({.errors = {{"worker rank 2", "odd"}}}, RunResult{.done = true});
  EXPECT_TRUE(outcome.done);
  EXPECT_EQ(outcome.details, Lines({"worker rank 2: error: odd"}));
  EXPECT_EQ(outcome.reason, "");
}

}  // namespace
}  // namespace shoal
