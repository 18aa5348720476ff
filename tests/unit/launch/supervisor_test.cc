#include "launch/supervisor.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <functional>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "launch/processes.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(20);

// Supervises a shell script in a process of its own, as `shoal` would mpirun.
class SupervisorTest : public testing::Test {
 protected:
  ~SupervisorTest() override {
    if (supervisor_ > 0) ::kill(supervisor_, SIGKILL);
  }

  // `done` turns what came of it into an exit code.
  void Start(const std::string& script, const std::function<int(const absl::StatusOr<SupervisedRun>&)>& done) {
    supervisor_ = ::fork();
    if (supervisor_ != 0) return;
    StopSignals signals;
    const Offspring offspring;
    const auto run = Supervise(SupervisorOptions{.arguments = {"sh", "-c", script},
                                                 .environment = {{"PIDS", folder_.Path("pids")}},
                                                 .log_path = folder_.Path("log.jsonl")},
                               signals, offspring, Clock::Real());
    ::_exit(done(run));
  }

  // The supervisor's exit code, or 128 and its signal.
  int Wait() {
    int status = 0;
    ::waitpid(std::exchange(supervisor_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  // The processes that wrote their ids to $PIDS, once there are `count`.
  std::vector<pid_t> Pids(size_t count) {
    std::vector<pid_t> pids;
    EXPECT_TRUE(Eventually([&] {
      pids.clear();
      const std::string text = ReadFile(folder_.Path("pids")).value_or("");
      for (const absl::string_view line : absl::StrSplit(text, '\n', absl::SkipEmpty())) {
        pid_t pid = 0;
        if (absl::SimpleAtoi(line, &pid)) pids.push_back(pid);
      }
      return pids.size() == count;
    }));
    return pids;
  }

  static bool Eventually(const std::function<bool()>& condition) {
    const absl::Time deadline = Clock::Real().Now() + kPatience;
    while (!condition()) {
      if (Clock::Real().Now() > deadline) return false;
      Clock::Real().SleepFor(absl::Milliseconds(5));
    }
    return true;
  }

  // A zombie that nobody collects is gone, too.
  static bool IsGone(pid_t pid) {
    const std::string stat = ReadFile(Cat("/proc/", pid, "/stat")).value_or("");
    return stat.empty() || stat.find(") Z ") != std::string::npos;
  }

  const TemporaryFolder folder_;
  pid_t supervisor_ = -1;
};

// Two children of mpirun's place holder that nothing but SIGKILL ends.
constexpr char kStubbornTree[] =
    "trap '' TERM INT; for i in 1 2; do sh -c 'trap \"\" TERM INT; echo $$ >>$PIDS; while :; do sleep 1; done' & done; "
    "echo $$ >>$PIDS; while :; do sleep 1; done";

TEST_F(SupervisorTest, TheExitCodeAndMpirunsWordsAreReported) {
  const std::string dashes(74, '-');
  Start(Cat("echo ", dashes, "; echo mpirun says; echo ", dashes, "; exit 7"), [](const auto& run) {
    return run.ok() && run->exit_code == 7 && run->stop_signal == 0 && run->mpirun_words == "mpirun says\n" ? 0 : 1;
  });
  EXPECT_EQ(Wait(), 0);
}

TEST_F(SupervisorTest, LinesOfTheJobPassOnTheirOwnStream) {
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  StopSignals signals;
  const SupervisorOptions options{.arguments = {"sh", "-c", "echo out; echo error >&2; printf rest"}};
  const auto run = Supervise(options, signals, Offspring(), Clock::Real());
  EXPECT_EQ(testing::internal::GetCapturedStdout(), "out\nrest\n");
  EXPECT_EQ(testing::internal::GetCapturedStderr(), "error\n");
  EXPECT_TRUE(run.ok() && run->exit_code == 0);
}

TEST_F(SupervisorTest, AProgramThatIsMissingIsUnavailable) {
  StopSignals signals;
  const auto run =
      Supervise(SupervisorOptions{.arguments = {"mpirun-of-nowhere"}}, signals, Offspring(), Clock::Real());
  EXPECT_EQ(run.status().message(),
            "mpirun-of-nowhere is in no folder of PATH; it comes with Debian's package openmpi-bin");
}

TEST_F(SupervisorTest, AnMpirunThatGoesOnAfterTheJobsResultIsEnded) {
  StopSignals signals;
  const std::string result = folder_.Path("result.json");
  const absl::Time start = Clock::Real().Now();
  const auto run = Supervise(SupervisorOptions{.arguments = {"sh", "-c", Cat("echo {} >", result, "; exec sleep 100")},
                                               .result_path = result,
                                               .patience_after_result = absl::Milliseconds(300)},
                             signals, Offspring(), Clock::Real());
  ASSERT_TRUE(run.ok()) << run.status();
  EXPECT_EQ(run->exit_code, 128 + SIGTERM);
  EXPECT_EQ(run->stop_signal, 0) << "nobody asked for it";
  EXPECT_GE(Clock::Real().Now() - start, absl::Milliseconds(300));
}

TEST_F(SupervisorTest, CtrlCEndsEvenProcessesThatIgnoreItWithinTwoSeconds) {
  Start(kStubbornTree, [](const auto& run) { return run.ok() && run->left.empty() ? run->stop_signal : 99; });
  const std::vector<pid_t> pids = Pids(3);
  const absl::Time start = Clock::Real().Now();
  ::kill(supervisor_, SIGINT);
  EXPECT_EQ(Wait(), SIGINT);
  EXPECT_LT(Clock::Real().Now() - start, absl::Seconds(2));
  for (const pid_t pid : pids) EXPECT_TRUE(IsGone(pid)) << pid;
}

TEST_F(SupervisorTest, ASecondCtrlCDoesNotWaitForTheGrace) {
  Start(kStubbornTree, [](const auto& run) { return run.ok() ? run->stop_signal : 99; });
  Pids(3);
  const absl::Time start = Clock::Real().Now();
  ::kill(supervisor_, SIGINT);
  Clock::Real().SleepFor(absl::Milliseconds(50));
  ::kill(supervisor_, SIGINT);
  EXPECT_EQ(Wait(), SIGINT);
  EXPECT_LT(Clock::Real().Now() - start, absl::Seconds(1));
}

TEST_F(SupervisorTest, AHangupThatNohupHasItIgnoreDoesNotEndTheRun) {
  const auto before = ::signal(SIGHUP, SIG_IGN);
  Start("echo $$ >>$PIDS; sleep 0.5; exit 7", [](const auto& run) { return run.ok() ? run->exit_code : 99; });
  ::signal(SIGHUP, before);
  Pids(1);
  ::kill(supervisor_, SIGHUP);
  EXPECT_EQ(Wait(), 7);
}

TEST(OffspringTest, ProcessesThatWereThereBeforeAreLeftAlone) {
  const auto sleeper = [] {
    const pid_t child = ::fork();
    if (child == 0) {
      ::execlp("sleep", "sleep", "100", nullptr);
      ::_exit(1);
    }
    return child;
  };
  const pid_t stranger = sleeper();
  const Offspring offspring;
  const pid_t own = sleeper();
  EXPECT_EQ(offspring.Now(), std::vector<pid_t>{own});
  EXPECT_TRUE(offspring.Kill(Clock::Real(), Clock::Real().Now() + kPatience));
  EXPECT_EQ(::kill(own, 0), -1);
  EXPECT_EQ(::kill(stranger, SIGKILL), 0);
  ::waitpid(stranger, nullptr, 0);
}

TEST_F(SupervisorTest, RanksThatLostTheirMpirunAreKilled) {
  Start("(sh -c 'echo $$ >>$PIDS; exec sleep 100' &); while [ ! -s $PIDS ]; do sleep 0.01; done; kill -9 $$",
        [](const auto& run) { return run.ok() && run->left.empty() ? run->exit_code : 99; });
  const pid_t rank = Pids(1)[0];
  EXPECT_EQ(Wait(), 128 + SIGKILL);
  EXPECT_TRUE(IsGone(rank));
}

TEST_F(SupervisorTest, MpirunIsAskedToEndWhenItsSupervisorIsKilled) {
  Start("echo $$ >>$PIDS; while :; do sleep 0.05; done", [](const auto&) { return 0; });
  const pid_t mpirun = Pids(1)[0];
  ::kill(supervisor_, SIGKILL);
  EXPECT_EQ(Wait(), 128 + SIGKILL);
  EXPECT_TRUE(Eventually([&] { return IsGone(mpirun); }));
}

}  // namespace
}  // namespace shoal
