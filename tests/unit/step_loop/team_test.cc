// Workers that train together: what the leader hands on, and who says what to the coordinator.

#include "worker/team.h"

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/metrics/metrics.h"
#include "common/transport/control.h"
#include "common/transport/coordinator_link.h"
#include "common/transport/in_process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/step_loop/diary.h"
#include "worker/step_loop.h"
#include "worker/step_meter.h"

namespace shoal {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

// Of worker `index` of three, whose ranks are 2, 3 and 4.
wire::Welcome WelcomeOf(uint32_t index, bool images) {
  wire::Welcome welcome;
  if (images) {
    welcome.mutable_job()->mutable_objective()->mutable_simclr();
  } else {
    welcome.mutable_job()->mutable_objective()->mutable_skip_gram();
  }
  welcome.set_index(index);
  for (int rank = 1; rank <= 4; ++rank) {
    wire::Member* member = welcome.add_member();
    member->set_rank(rank);
    member->set_role(rank == 1 ? wire::SERVER : wire::WORKER);
    member->set_index(rank == 1 ? 0 : rank - 2);
  }
  return welcome;
}

TEST(TeamTest, OfAnImageEncoderTheFirstWorkerLeadsAllOthers) {
  const Team leader = Team::Of(WelcomeOf(0, true)), follower = Team::Of(WelcomeOf(2, true));
  EXPECT_FALSE(leader.follows());
  EXPECT_THAT(leader.followers, ElementsAre(3, 4));
  EXPECT_EQ(follower.leader, 2);
  EXPECT_THAT(follower.followers, IsEmpty());
  EXPECT_THAT(leader.ranks, ElementsAre(2, 3, 4));
  EXPECT_EQ(leader.ranks, follower.ranks);
}

TEST(TeamTest, OfWordsEachWorkerIsAlone) {
  const Team team = Team::Of(WelcomeOf(1, false));
  EXPECT_FALSE(team.follows());
  EXPECT_THAT(team.followers, IsEmpty());
  EXPECT_THAT(team.ranks, ElementsAre(3));
}

// A coordinator, rank 0, which is the test, and two workers, ranks 1 and 2.
class TeamLoopTest : public ::testing::Test {
 protected:
  // `asks`: steps wait for servers, and there is a table to flush.
  explicit TeamLoopTest(bool asks = false) : asks_(asks), hub_(3, &Clock::Real()), coordinator_(hub_.endpoint(0)) {
    for (uint32_t index = 0; index < 2; ++index) {
      threads_.emplace_back([this, index] { ends_[index] = RunLoop(index); });
    }
  }
  ~TeamLoopTest() override {
    for (std::thread& thread : threads_) thread.join();
  }

  absl::Status RunLoop(uint32_t index) {
    wire::Welcome welcome;
    welcome.mutable_job()->mutable_objective()->mutable_simclr();
    welcome.set_index(index);
    if (asks_) welcome.add_table()->set_name("state");
    for (int rank = 1; rank <= 2; ++rank) {
      wire::Member* member = welcome.add_member();
      member->set_rank(rank);
      member->set_role(wire::WORKER);
      member->set_index(rank - 1);
    }
    const auto endpoint = hub_.endpoint(static_cast<int>(1 + index));
    const auto metrics = Metrics::WithoutServer();
    DiaryClient client(&diaries_[index]);
    DiaryObjective objective(&diaries_[index], asks_ ? &client : nullptr);
    CoordinatorLink link(endpoint.get(), &Clock::Real(), wire::WORKER, welcome);
    StepMeter meter(metrics->registry(), &client, welcome.table_size(), "pictures");
    return StepLoop(&link, &Clock::Real(), welcome, &client, &objective, &meter).Run();
  }

  void Say(int rank, const wire::ControlMessage& message) {
    ASSERT_TRUE(SendControl(coordinator_.get(), rank, message, Clock::Real().Now() + absl::Seconds(5)).ok());
  }
  void GiveLease(uint64_t id, uint64_t steps = 3) {
    wire::ControlMessage message;
    message.mutable_lease()->set_id(id);
    message.mutable_lease()->set_end(steps);
    Say(1, message);
  }
  void StopAll() {
    wire::ControlMessage message;
    message.mutable_stop();
    for (const int rank : {1, 2}) Say(rank, message);
    for (std::thread& thread : threads_) thread.join();
    threads_.clear();
  }
  // What `rank` says next that is `kind`; what anybody says otherwise is dropped.
  wire::ControlMessage Await(int rank, wire::ControlMessage::KindCase kind) {
    for (int i = 0; i < 2000; ++i) {
      const auto received = ReceiveControl(coordinator_.get(), Clock::Real().Now() + absl::Milliseconds(20));
      if (!received.ok()) continue;
      said_by_follower_ |= received->first == 2 && !received->second.has_heartbeat() && !received->second.has_paused();
      if (received->first == rank && received->second.kind_case() == kind) return received->second;
    }
    ADD_FAILURE() << "rank " << rank << " did not say it";
    return {};
  }

  // In whichever order they say it.
  void AwaitPausedOfBoth() {
    std::set<int> paused;
    for (int i = 0; i < 2000 && paused.size() < 2; ++i) {
      const auto received = ReceiveControl(coordinator_.get(), Clock::Real().Now() + absl::Milliseconds(20));
      if (received.ok() && received->second.has_paused()) paused.insert(received->first);
    }
    EXPECT_EQ(paused.size(), 2u);
  }

  const bool asks_;
  InProcessHub hub_;
  std::unique_ptr<Endpoint> coordinator_;
  Diary diaries_[2];
  absl::Status ends_[2];
  bool said_by_follower_ = false;
  std::vector<std::thread> threads_;
};

TEST_F(TeamLoopTest, TheLeadersLeasesAreTrainedByAllAndReportedOnce) {
  GiveLease(1);
  GiveLease(2);
  uint64_t done = 0;
  while (done < 2 && !HasFailure()) done += Await(1, wire::ControlMessage::kUnitProgress).unit_progress().done();
  Clock::Real().SleepFor(absl::Milliseconds(50));
  StopAll();
  for (const Diary& diary : diaries_) {
    EXPECT_THAT(diary, ElementsAre("begin 1", "step", "step", "step", "begin 2", "step", "step", "step"));
  }
  EXPECT_FALSE(said_by_follower_) << "a follower asks for nothing and reports nothing";
  for (const absl::Status& end : ends_) EXPECT_TRUE(end.ok()) << end;
}

TEST_F(TeamLoopTest, ForACheckpointTheLeaderSavesAndRestsWhileAFollowerGoesOnAsTheLeaderDoes) {
  wire::ControlMessage pause, resume;
  pause.mutable_pause();
  resume.mutable_resume();
  for (const int rank : {1, 2}) Say(rank, pause);
  AwaitPausedOfBoth();
  GiveLease(1);
  Clock::Real().SleepFor(absl::Milliseconds(50));
  EXPECT_THAT(diaries_[0], Not(Contains("begin 1"))) << "the leader rests";
  for (const int rank : {1, 2}) Say(rank, resume);
  Await(1, wire::ControlMessage::kUnitProgress);
  StopAll();
  EXPECT_THAT(diaries_[0], Contains("save"));
  EXPECT_THAT(diaries_[1], Not(Contains("save")));
  EXPECT_THAT(diaries_[1], Contains("begin 1"));
}

class AskingTeamTest : public TeamLoopTest {
 protected:
  AskingTeamTest() : TeamLoopTest(/*asks=*/true) {}
};

TEST_F(AskingTeamTest, AFollowerFlushesForAPauseBetweenTwoStepsAndNotWhileItWaitsForAServer) {
  GiveLease(1, /*steps=*/100000);
  Await(1, wire::ControlMessage::kUnitProgress);
  wire::ControlMessage pause;
  pause.mutable_pause();
  for (int i = 0; i < 5; ++i) {
    Say(2, pause);
    Await(2, wire::ControlMessage::kPaused);
  }
  StopAll();
  const Diary& diary = diaries_[1];
  EXPECT_EQ(std::ranges::count(diary, "flush"), 5);
  for (size_t i = 1; i < diary.size(); ++i) {
    if (diary[i] == "flush") {
      EXPECT_NE(diary[i - 1], "ask") << "entry " << i;
    }
  }
}

}  // namespace
}  // namespace shoal
