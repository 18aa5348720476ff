// The simulator itself: a seed is a history, and a mistake in the job shows.

#include <unistd.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/simulator/invariants.h"
#include "tests/simulator/network.h"
#include "tests/simulator/scheduler.h"
#include "tests/simulator/simulation.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr Scheduler::Nanos kSecond = 1'000'000'000;

std::string Message(const absl::Status& status) { return std::string(ToStd(status.message())); }

class SchedulerTest : public ::testing::Test {
 protected:
  SchedulerTest() { scheduler_.BeginLife(2); }
  // Waits so often for so long, and notes it after each wait that was not in vain.
  void Spawn(int process, const std::string& name, Scheduler::Nanos length, int times) {
    scheduler_.Spawn(process, name, [=, this] {
      for (int i = 0; i < times; ++i) {
        if (scheduler_.Wait(scheduler_.now() + length, "its turn")) turns_.push_back(name);
      }
    });
  }

  Scheduler scheduler_{1, /*verbose=*/false};
  std::vector<std::string> turns_;
};

TEST_F(SchedulerTest, TheOneWhoseWaitEndsFirstRunsAndTimePassesWhileAllWait) {
  Spawn(0, "slow", 3 * kSecond, 2);
  Spawn(1, "quick", 2 * kSecond, 2);
  scheduler_.RunUntil(100 * kSecond);
  EXPECT_TRUE(scheduler_.all_ended());
  EXPECT_THAT(turns_, ElementsAre("quick", "slow", "quick", "slow"));
  EXPECT_GE(scheduler_.now(), 6 * kSecond);
  EXPECT_LT(scheduler_.now(), 7 * kSecond);
}

TEST_F(SchedulerTest, AKilledProcessWaitsInVainAndEndsAtOnce) {
  Spawn(0, "killed", 50 * kSecond, 3);
  Spawn(1, "other", kSecond, 1);
  scheduler_.RunUntil(2 * kSecond);
  scheduler_.Kill(0);
  scheduler_.RunUntil(3 * kSecond);
  EXPECT_TRUE(scheduler_.all_ended());
  EXPECT_THAT(turns_, ElementsAre("other"));
}

TEST_F(SchedulerTest, APausedProcessRunsWhenItsPauseIsOver) {
  Spawn(0, "paused", kSecond, 1);
  Spawn(1, "other", 4 * kSecond, 1);
  scheduler_.Pause(0, 9 * kSecond);
  scheduler_.RunUntil(100 * kSecond);
  EXPECT_THAT(turns_, ElementsAre("other", "paused"));
  EXPECT_GE(scheduler_.now(), 9 * kSecond);
}

TEST_F(SchedulerTest, WaitsThatNobodyEndsAreADeadlockWithNames) {
  scheduler_.Spawn(0, "alice", [this] { scheduler_.Wait(Scheduler::kForever, "bob"); });
  scheduler_.RunUntil(kSecond);
  EXPECT_FALSE(scheduler_.all_ended());
  EXPECT_TRUE(scheduler_.deadlocked());
  EXPECT_THAT(scheduler_.WhoWaits(), HasSubstr("alice waits for bob until ever"));
  scheduler_.Kill(0);
  scheduler_.RunUntil(2 * kSecond);
}

TEST_F(SchedulerTest, WorkBesideATaskEndsBeforeWhoeverAwaitsIt) {
  scheduler_.Spawn(0, "starter", [this] {
    const auto work = scheduler_.executor()->Start([this] {
      scheduler_.clock()->SleepFor(absl::Seconds(5));
      turns_.push_back("work");
    });
    turns_.push_back("starter");
  });
  scheduler_.RunUntil(100 * kSecond);
  EXPECT_TRUE(scheduler_.all_ended());
  EXPECT_THAT(turns_, ElementsAre("starter", "work"));
}

TEST_F(SchedulerTest, MessagesOfAChannelArriveInOrderHoweverLateEachIs) {
  NetworkConditions conditions{.late_per_million = 500'000, .control_lateness = kSecond};
  Network network(&scheduler_, 2, conditions, [](uint64_t) {});
  std::string received;
  scheduler_.Spawn(0, "sender", [&] {
    const auto endpoint = network.endpoint(0);
    for (char c = 'a'; c <= 'z'; ++c) {
      Buffer message(1);
      message.data()[0] = std::byte(c);
      EXPECT_TRUE(endpoint->Send(1, Channel::kControl, std::move(message), absl::InfiniteFuture()).ok());
    }
    EXPECT_TRUE(endpoint->Flush(absl::InfiniteFuture()).ok());
  });
  scheduler_.Spawn(1, "receiver", [&] {
    const auto endpoint = network.endpoint(1);
    while (received.size() < 26) {
      received += endpoint->Receive(Channel::kControl, absl::InfiniteFuture())->payload.view();
    }
  });
  scheduler_.RunUntil(100 * kSecond);
  EXPECT_EQ(received, "abcdefghijklmnopqrstuvwxyz");
  EXPECT_GT(network.counts().late, 0u);
}

SimulationOptions Options() { return {.scratch = Cat(::testing::TempDir(), "simulator_test.", ::getpid())}; }

TEST(SimulationTest, ASeedHasOneHistoryAndSeedsDiffer) {
  std::map<uint64_t, uint64_t> seeds;  // By trace.
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    const SimulationResult result = Simulate(seed, Options());
    EXPECT_TRUE(result.status.ok()) << result.status;
    EXPECT_EQ(Simulate(seed, Options()).trace, result.trace) << "seed " << seed;
    EXPECT_TRUE(seeds.emplace(result.trace, seed).second) << "seeds " << seed << " and " << seeds[result.trace];
  }
}

// Trains the first item of a unit twice.
class Stutterer final : public Objective {
 public:
  explicit Stutterer(std::unique_ptr<Objective> objective) : objective_(std::move(objective)) {}
  absl::Status Begin(const wire::Lease& lease) override {
    RETURN_IF_ERROR(objective_->Begin(lease));
    RETURN_IF_ERROR(objective_->Step().status());
    return objective_->Begin(lease);
  }
  absl::StatusOr<StepReport> Step() override { return objective_->Step(); }
  absl::StatusOr<std::vector<std::string>> Export(const std::string& directory) override {
    return objective_->Export(directory);
  }

 private:
  const std::unique_ptr<Objective> objective_;
};

TEST(SimulationTest, AnItemThatIsTrainedTwiceIsFoundAndTheLifeIsNamed) {
  SimulationOptions options = Options();
  options.change_workers = [](WorkerParts parts) {
    const auto make = parts.make_objective;
    parts.make_objective = [make](const ObjectiveContext& context) -> absl::StatusOr<std::unique_ptr<Objective>> {
      ASSIGN_OR_RETURN(auto objective, make(context));
      return std::make_unique<Stutterer>(std::move(objective));
    };
    return parts;
  };
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    EXPECT_THAT(Message(Simulate(seed, options).status),
                ::testing::MatchesRegex("life [0-9]+ of [0-9]+, at .* s: .* item [0-9]+ .*"));
  }
}

TEST(InvariantsTest, TheCheckpointsThatTheLogAnnouncesAreKnown) {
  EXPECT_THAT(AnnouncedIn(R"({"event":"checkpoint","elapsed_seconds":1,"number":2,"written":true,"bytes":0}
{"event":"checkpoint","elapsed_seconds":2,"number":3,"written":false,"reason":"full"}
{"event":"goes_on","checkpoint":9}
)"),
              ElementsAre(2));
}

}  // namespace
}  // namespace shoal
