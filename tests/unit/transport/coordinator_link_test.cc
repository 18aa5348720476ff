#include "common/transport/coordinator_link.h"

#include <memory>
#include <string>

#include "common/text.h"
#include "common/transport/control.h"
#include "common/transport/in_process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/transport/control_messages.h"
#include "tests/unit/transport/manual_clock.h"

namespace shoal {
namespace {

using ::testing::StartsWith;

// Server 3's link, at rank 1; the test is its coordinator, and a stranger at rank 2. A heartbeat each 100 ms, dead
// after a second.
class CoordinatorLinkTest : public ::testing::Test {
 protected:
  CoordinatorLinkTest() {
    wire::Welcome welcome;
    welcome.set_index(3);
    welcome.mutable_job()->mutable_heartbeats()->set_interval_seconds(0.1);
    welcome.mutable_job()->mutable_heartbeats()->set_dead_after_seconds(1);
    link_ = std::make_unique<CoordinatorLink>(endpoint_.get(), &clock_, wire::SERVER, welcome);
  }

  void Say(const wire::ControlMessage& message) { SayAs(*coordinator_, message); }
  void SayAs(Endpoint& from, const wire::ControlMessage& message) {
    ASSERT_TRUE(SendControl(&from, 1, message, absl::InfiniteFuture()).ok());
  }
  void Pass(int milliseconds) { clock_.SleepFor(absl::Milliseconds(milliseconds)); }
  // One look at what came.
  absl::StatusOr<std::optional<wire::ControlMessage>> Look() { return link_->Receive(absl::InfinitePast()); }
  // So many looks, each after 100 ms, to the first error.
  absl::Status LookTimes(int looks) {
    for (int i = 0; i < looks; ++i) {
      Pass(100);
      if (auto heard = Look(); !heard.ok()) return heard.status();
    }
    return absl::OkStatus();
  }
  // What reached the coordinator since the last call: "ready heartbeat ".
  std::string Heard() {
    std::string kinds;
    while (true) {
      const auto received = ReceiveControl(coordinator_.get(), absl::InfinitePast());
      if (!received.ok()) return kinds;
      kinds += Cat(KindName(received->second), " ");
    }
  }

  ManualClock clock_;
  InProcessHub hub_{3, &clock_};
  std::unique_ptr<Endpoint> coordinator_ = hub_.endpoint(0), endpoint_ = hub_.endpoint(1), stranger_ = hub_.endpoint(2);
  std::unique_ptr<CoordinatorLink> link_;
};

TEST_F(CoordinatorLinkTest, AHeartbeatIsSentOnceAnInterval) {
  Pass(99);
  EXPECT_FALSE(*link_->KeepInTouch());
  Pass(1);
  EXPECT_TRUE(*link_->KeepInTouch());
  EXPECT_FALSE(*link_->KeepInTouch());
  Pass(100);
  EXPECT_TRUE(*link_->KeepInTouch());
  EXPECT_EQ(Heard(), "heartbeat heartbeat ");
}

TEST_F(CoordinatorLinkTest, WhateverIsSentCountsAsAHeartbeat) {
  Pass(90);
  wire::ControlMessage ready;
  ready.mutable_ready();
  ASSERT_TRUE(link_->Send(ready).ok());
  Pass(90);
  EXPECT_FALSE(*link_->KeepInTouch());
  EXPECT_EQ(Heard(), "ready ");
}

TEST_F(CoordinatorLinkTest, LookingForWordsSendsTheHeartbeatThatIsDue) {
  ASSERT_TRUE(LookTimes(3).ok());
  EXPECT_EQ(Heard(), "heartbeat heartbeat heartbeat ");
}

TEST_F(CoordinatorLinkTest, TheCoordinatorsWordsAreReturnedAndItsHeartbeatsAreNot) {
  Say(Heartbeat());
  wire::ControlMessage lease;
  lease.mutable_lease()->set_id(17);
  Say(lease);
  EXPECT_FALSE(Look()->has_value());
  EXPECT_EQ((*Look())->lease().id(), 17u);
  EXPECT_FALSE(Look()->has_value());
}

TEST_F(CoordinatorLinkTest, AStopWithoutAReasonIsAWordAndOneWithAReasonAnError) {
  Say(Stop(""));
  EXPECT_TRUE((*Look())->has_stop());
  Say(Stop("worker 7 died"));
  const absl::Status status = Look().status();
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_EQ(Text(status), "the coordinator ended the job: worker 7 died");
}

TEST_F(CoordinatorLinkTest, BytesOfTheCoordinatorThatDoNotParseAreAnError) {
  ASSERT_TRUE(coordinator_->Send(1, Channel::kControl, Buffer::CopyOf("\xff"), absl::InfiniteFuture()).ok());
  EXPECT_TRUE(absl::IsDataLoss(Look().status()));
}

TEST_F(CoordinatorLinkTest, WhatOtherRanksSayIsDroppedAndNoSignOfTheCoordinatorsLife) {
  for (int i = 0; i < 11; ++i) SayAs(*stranger_, Stop("hostile"));
  for (int i = 0; i < 10; ++i) {
    Pass(100);
    const auto heard = Look();
    ASSERT_TRUE(heard.ok()) << heard.status();
    EXPECT_FALSE(heard->has_value());
  }
  EXPECT_TRUE(absl::IsDeadlineExceeded(LookTimes(1)));
  EXPECT_EQ(Heard(),
            "heartbeat heartbeat heartbeat heartbeat heartbeat heartbeat heartbeat heartbeat heartbeat "
            "heartbeat ");
}

TEST_F(CoordinatorLinkTest, ASilentCoordinatorIsDeadAfterTheDeadlineAndNotBefore) {
  EXPECT_TRUE(LookTimes(10).ok());
  const absl::Status status = LookTimes(1);
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_THAT(Text(status), StartsWith("server 3 (rank 1) has heard nothing from the coordinator (rank 0) for 1.1s, "
                                       "longer than heartbeats.dead_after_seconds"));
}

TEST_F(CoordinatorLinkTest, AnyWordOfTheCoordinatorEndsItsSilence) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(LookTimes(9).ok());
    Say(Heartbeat());
  }
  EXPECT_TRUE(LookTimes(10).ok());
}

TEST_F(CoordinatorLinkTest, ManyLooksWithinAnIntervalAddUpToTheTimeTheyTook) {
  for (int i = 0; i < 1000; ++i) {
    Pass(1);
    ASSERT_TRUE(link_->KeepInTouch().ok()) << i;
  }
  Pass(1);
  EXPECT_TRUE(absl::IsDeadlineExceeded(link_->KeepInTouch().status()));
}

TEST_F(CoordinatorLinkTest, APauseOfThisRankIsNoSilenceOfTheCoordinator) {
  for (int pauses = 0; pauses < 9; ++pauses) {
    Pass(60000);
    ASSERT_TRUE(Look().ok()) << pauses;
  }
}

TEST_F(CoordinatorLinkTest, SilenceThatIsForgivenBeginsAnew) {
  for (int i = 0; i < 100; ++i) {
    Pass(100);
    link_->ForgiveSilence();
    ASSERT_TRUE(link_->KeepInTouch().ok()) << i;
  }
  EXPECT_TRUE(LookTimes(10).ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(LookTimes(1)));
}

}  // namespace
}  // namespace shoal
