// Whole runs of the built programs: what a user sees, and what is left when it is stopped.

#include <gmock/gmock.h>

#include <filesystem>
#include <functional>

#include "common/run/run_result.h"
#include "tests/unit/launch/shoal_run.h"

namespace shoal {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr char kTrain[] = "shoal train words --data text.txt --output out --dim 16 ";

// Runs that go on for minutes: there is time to stop them.
constexpr char kLongTraining[] = "--epochs 100000 --workers 2 --servers 2 ";

class TrainTest : public testing::Test {
 protected:
  // `shoal train` in the background, in a process group of its own, as a shell's job.
  pid_t StartTraining(const std::string& flags) {
    const std::string script =
        Cat("cd ", run_.Path("."), " && exec ", SHOAL_PROGRAM, std::string(kTrain).substr(5), flags, " >log 2>&1");
    const pid_t child = ::fork();
    if (child != 0) return child;
    ::setpgid(0, 0);
    ::execl("/bin/sh", "sh", "-c", script.c_str(), nullptr);
    ::_exit(127);
  }

  bool Eventually(const std::function<bool()>& condition) {
    const absl::Time deadline = Clock::Real().Now() + kRunPatience;
    while (!condition()) {
      if (Clock::Real().Now() > deadline) return false;
      Clock::Real().SleepFor(absl::Milliseconds(10));
    }
    return true;
  }

  // Waits until workers train, and returns all processes of the run but the supervisor.
  std::vector<pid_t> WaitForTraining(pid_t supervisor) {
    EXPECT_TRUE(Eventually([&] {
      return ReadFile(run_.Path("out/log.jsonl")).value_or("").find("\"event\":\"progress\"") != std::string::npos;
    })) << ReadFile(run_.Path("log")).value_or("");
    return DescendantsOf(supervisor);
  }

  // How often `what` stands in the run's log.jsonl.
  size_t Count(const std::string& what) const {
    const std::string log = ReadFile(run_.Path("out/log.jsonl")).value_or("");
    size_t count = 0;
    for (size_t at = log.find(what); at != log.npos; at = log.find(what, at + 1)) ++count;
    return count;
  }

  static bool IsGone(pid_t pid) {
    const std::string stat = ReadFile(Cat("/proc/", pid, "/stat")).value_or("");
    return stat.empty() || stat.find(") Z ") != std::string::npos;
  }

  // Whether `supervisor` has a folder for Open MPI's files, in one of the places that it chooses from.
  static bool HasRuntimeFolder(pid_t supervisor) {
    for (const char* base : {"/dev/shm", "/tmp"}) {
      for (const auto& entry : std::filesystem::directory_iterator(base)) {
        if (entry.path().filename().string().rfind(Cat("shoal-", supervisor, "-"), 0) == 0) return true;
      }
    }
    return false;
  }

  const ShoalRun run_;
};

TEST_F(TrainTest, ARunLeavesItsResultsAndTellsWhereTheyAre) {
  const ProgramOutput output =
      run_.Shell(Cat(kTrain, "--epochs 1 --workers 2 --servers 2 --set evaluation.neighbours=word1"));
  EXPECT_EQ(output.exit_code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("coordinator: done: "));
  EXPECT_THAT(output.text, HasSubstr("word1"));
  EXPECT_THAT(output.text, HasSubstr("/out/vectors.bin\nreport    "));
  for (const char* name :
       {"job.textproto", "vectors.bin", "log.jsonl", "result.json", "metrics-addresses.txt", "report.html"}) {
    EXPECT_TRUE(std::filesystem::exists(run_.Path(Cat("out/", name)))) << name;
  }
  const auto result = RunResult::Read(run_.Path("out"));
  EXPECT_TRUE(result.ok() && result->done && result->words == 36000) << output.text;
}

TEST_F(TrainTest, QuietPrintsNothing) {
  const ProgramOutput output = run_.Shell(Cat(kTrain, "--epochs 1 --quiet"));
  EXPECT_EQ(output.exit_code, 0);
  EXPECT_EQ(output.text, "");
}

TEST_F(TrainTest, OnATerminalOneBarIsDrawnInPlaceOfLines) {
  // util-linux' script gives the command a terminal.
  const ProgramOutput output = run_.Shell(Cat("command -v script >/dev/null || exit 77; script -qec '", kTrain,
                                              "--epochs 50 --set progress.interval_seconds=0.1' /dev/null"));
  if (output.exit_code == 77) GTEST_SKIP() << "no script(1) here";
  EXPECT_EQ(output.exit_code, 0) << output.text;
  EXPECT_THAT(output.text, HasSubstr("\r\x1b[K"));
  EXPECT_THAT(output.text, Not(HasSubstr("coordinator: epoch")));
  EXPECT_THAT(output.text, HasSubstr("the worker"));
}

TEST_F(TrainTest, ThePrintedLineRunByHandTrainsTheSame) {
  const char* flags = "--data text.txt --epochs 1 --dim 16 --servers 2";
  ASSERT_EQ(run_.Shell(Cat("shoal train words --output a --quiet ", flags)).exit_code, 0);
  const ProgramOutput output = run_.Shell(
      Cat("shoal plan words --output b ", flags, " >plan && sed -n '/^mpirun/,/shoal-worker/p' plan >line && sh line"));
  ASSERT_EQ(output.exit_code, 0) << output.text;
  const auto by_train = ReadFile(run_.Path("a/vectors.bin")), by_hand = ReadFile(run_.Path("b/vectors.bin"));
  ASSERT_TRUE(by_train.ok() && by_hand.ok()) << output.text;
  EXPECT_TRUE(*by_train == *by_hand);
}

TEST_F(TrainTest, AHostfileThatNamesThisMachineTrains) {
  const ProgramOutput output =
      run_.Shell(Cat("echo localhost slots=3 >hosts; ", kTrain, "--epochs 1 --quiet --hostfile hosts"));
  EXPECT_EQ(output.exit_code, 0) << output.text;
  EXPECT_TRUE(std::filesystem::exists(run_.Path("out/vectors.bin")));
}

TEST_F(TrainTest, ASecondRunIntoTheSameFolderIsRefusedWhileTheFirstGoesOn) {
  const pid_t supervisor = StartTraining(kLongTraining);
  WaitForTraining(supervisor);
  const ProgramOutput second = run_.Shell(Cat(kTrain, "--epochs 1 --force"));
  EXPECT_EQ(second.exit_code, 1);
  EXPECT_THAT(second.text, HasSubstr("--output: another run writes into "));
  ::kill(supervisor, SIGINT);
  ::waitpid(supervisor, nullptr, 0);
}

TEST_F(TrainTest, APlanLeavesTheJobOfARunAlone) {
  const pid_t supervisor = StartTraining(kLongTraining);
  WaitForTraining(supervisor);
  const std::string job = ReadFile(run_.Path("out/job.textproto")).value_or("");
  const ProgramOutput plan =
      run_.Shell("shoal plan words --data text.txt --output out --dim 16 --epochs 100000 --workers 3");
  EXPECT_EQ(plan.exit_code, 0) << plan.text;
  EXPECT_EQ(ReadFile(run_.Path("out/job.textproto")).value_or(""), job);
  EXPECT_THAT(ReadFile(run_.Path("out/plan.textproto")).value_or(""), HasSubstr("workers: 3"));
  ::kill(supervisor, SIGINT);
  ::waitpid(supervisor, nullptr, 0);
}

TEST_F(TrainTest, TrainingGoesOnWhereNobodyReadsWhatItPrints) {
  const ProgramOutput output = run_.Shell(Cat("(", kTrain, "--epochs 300) 2>&1 | head -c 1"));
  EXPECT_EQ(output.exit_code, 0) << output.text;
  EXPECT_TRUE(std::filesystem::exists(run_.Path("out/vectors.bin")));
  EXPECT_TRUE(std::filesystem::exists(run_.Path("out/report.html")));
}

TEST_F(TrainTest, ResultsOfAFinishedRunAreReplacedOnlyByForce) {
  ASSERT_EQ(run_.Shell(Cat(kTrain, "--epochs 1 --quiet")).exit_code, 0);
  const std::string before = ReadFile(run_.Path("out/vectors.bin")).value_or("");
  EXPECT_EQ(run_.Shell(Cat(kTrain, "--epochs 1 --quiet --seed 2")).exit_code, 2);
  EXPECT_TRUE(ReadFile(run_.Path("out/vectors.bin")).value_or("") == before);
  EXPECT_EQ(run_.Shell(Cat(kTrain, "--epochs 1 --quiet --seed 2 --force")).exit_code, 0);
  EXPECT_FALSE(ReadFile(run_.Path("out/vectors.bin")).value_or("") == before);
}

TEST_F(TrainTest, AFinishedRunGoesOnWithMoreEpochs) {
  ASSERT_EQ(run_.Shell(Cat(kTrain, "--epochs 1 --quiet")).exit_code, 0);
  const ProgramOutput more = run_.Shell(Cat(kTrain, "--epochs 3"));
  EXPECT_EQ(more.exit_code, 0);
  EXPECT_THAT(more.text, HasSubstr("coordinator: goes on from checkpoint 1, after 36 k words"));
  EXPECT_EQ(RunResult::Read(run_.Path("out"))->words, 3u * 36000);
}

TEST_F(TrainTest, AnUnfinishedRunOfAnotherJobIsRefusedWithWhatDiffers) {
  ASSERT_EQ(run_.Shell(Cat(kTrain, "--epochs 1 --quiet")).exit_code, 0);
  std::filesystem::remove(run_.Path("out/result.json"));
  const ProgramOutput other = run_.Shell("shoal train words --data text.txt --output out --dim 20");
  EXPECT_EQ(other.exit_code, 2);
  EXPECT_THAT(other.text, HasSubstr("holds an unfinished run that this job cannot go on from: objective.skip_gram.dim "
                                    "is 20, and the checkpoint's is 16; give it its old value"));
}

TEST_F(TrainTest, AKilledRoleIsStartedAgainAndTheRunEndsWell) {
  const pid_t supervisor = StartTraining(
      "--epochs 1500 --workers 2 --servers 2 --set checkpoint.interval_seconds=0.3 --set "
      "progress.interval_seconds=0.2");
  for (const char* role : {"shoal-worker", "shoal-paramser", "shoal-coordina"}) {
    const size_t lives = Count("\"event\":\"training\"");
    WaitForTraining(supervisor);
    ASSERT_TRUE(Eventually([&] { return Count("\"event\":\"checkpoint\"") > lives; }));
    for (const pid_t pid : DescendantsOf(supervisor)) {
      if (ReadFile(Cat("/proc/", pid, "/comm")).value_or("").find(role) == std::string::npos) continue;
      ::kill(pid, SIGKILL);
      break;
    }
    ASSERT_TRUE(Eventually([&] { return Count("\"event\":\"training\"") > lives; })) << role;
  }
  int status = 0;
  ::waitpid(supervisor, &status, 0);
  const std::string log = ReadFile(run_.Path("log")).value_or("");
  EXPECT_EQ(WEXITSTATUS(status), 0) << log;
  EXPECT_THAT(log, HasSubstr("it starts again from checkpoint "));
  EXPECT_THAT(log, HasSubstr("(restart 3 of at most 10)"));
  EXPECT_EQ(RunResult::Read(run_.Path("out"))->words, 1500u * 36000);
}

TEST_F(TrainTest, CtrlCLeavesNoProcessNoFileAndNoHalfWrittenVectorsWithinTwoSeconds) {
  const pid_t supervisor = StartTraining(kLongTraining);
  const std::vector<pid_t> processes = WaitForTraining(supervisor);
  EXPECT_TRUE(HasRuntimeFolder(supervisor));
  EXPECT_GE(processes.size(), 6u) << "mpirun and five ranks";
  const absl::Time start = Clock::Real().Now();
  ::kill(supervisor, SIGINT);
  int status = 0;
  ::waitpid(supervisor, &status, 0);
  EXPECT_LT(Clock::Real().Now() - start, absl::Seconds(2));
  EXPECT_EQ(WEXITSTATUS(status), 3);
  for (const pid_t pid : processes) EXPECT_TRUE(IsGone(pid)) << pid;
  EXPECT_THAT(ReadFile(run_.Path("log")).value_or(""),
              HasSubstr("shoal: stops after a checkpoint; Ctrl-C again stops at once\n"
                        "shoal: stopped by Ctrl-C; no process is left; the same command goes on from checkpoint 1\n"));
  EXPECT_FALSE(std::filesystem::exists(run_.Path("out/vectors.bin")));
  EXPECT_FALSE(HasRuntimeFolder(supervisor));
}

TEST_F(TrainTest, AKilledWorkerIsNamed) {
  const pid_t supervisor = StartTraining(Cat(kLongTraining, "--set max_restarts=0"));
  const std::vector<pid_t> processes = WaitForTraining(supervisor);
  for (const pid_t pid : processes) {
    const std::string name = ReadFile(Cat("/proc/", pid, "/comm")).value_or("");
    if (name.find("shoal-worker") == std::string::npos) continue;
    ::kill(pid, SIGKILL);
    break;
  }
  int status = 0;
  ::waitpid(supervisor, &status, 0);
  EXPECT_EQ(WEXITSTATUS(status), 1);
  EXPECT_THAT(ReadFile(run_.Path("log")).value_or(""), HasSubstr("shoal: the job failed: worker "));
  for (const pid_t pid : processes) EXPECT_TRUE(IsGone(pid)) << pid;
}

TEST_F(TrainTest, NoProcessOutlivesAKilledSupervisorAndTheNextSweepsItsFolder) {
  const pid_t supervisor = StartTraining(kLongTraining);
  const std::vector<pid_t> processes = WaitForTraining(supervisor);
  EXPECT_TRUE(HasRuntimeFolder(supervisor));
  ::kill(supervisor, SIGKILL);
  ::waitpid(supervisor, nullptr, 0);
  for (const pid_t pid : processes) EXPECT_TRUE(Eventually([&] { return IsGone(pid); })) << pid;
  ASSERT_EQ(run_.Shell(Cat(kTrain, "--epochs 1 --quiet")).exit_code, 0);
  EXPECT_FALSE(HasRuntimeFolder(supervisor));
}

}  // namespace
}  // namespace shoal
