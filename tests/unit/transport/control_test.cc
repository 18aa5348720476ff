#include "common/transport/control.h"

#include <unistd.h>

#include <future>
#include <string>
#include <utility>

#include "common/transport/in_process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/transport/control_messages.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

absl::Time Soon() { return Clock::Real().Now() + absl::Seconds(20); }

wire::ControlMessage Welcome(uint32_t version) {
  wire::ControlMessage message;
  message.mutable_welcome()->set_protocol_version(version);
  message.mutable_welcome()->set_index(1);
  return message;
}

// A coordinator's endpoint, and a server that joins on a thread of its own.
class JoinJobTest : public ::testing::Test {
 protected:
  void Join(absl::Duration silence) {
    joining_ = std::async(std::launch::async,
                          [this, silence] { return JoinJob(server_.get(), &Clock::Real(), wire::SERVER, silence); });
  }
  void Say(const wire::ControlMessage& message) {
    ASSERT_TRUE(SendControl(coordinator_.get(), 1, message, Soon()).ok());
  }
  wire::ControlMessage Hear() {
    auto received = ReceiveControl(coordinator_.get(), Soon());
    EXPECT_TRUE(received.ok()) << received.status();
    EXPECT_EQ(received.ok() ? received->first : -1, 1);
    return received.ok() ? received->second : wire::ControlMessage();
  }

  InProcessHub hub_{2, &Clock::Real()};
  std::unique_ptr<Endpoint> coordinator_ = hub_.endpoint(0), server_ = hub_.endpoint(1);
  std::future<absl::StatusOr<wire::Welcome>> joining_;
};

TEST_F(JoinJobTest, SaysWhoAndWhereItIsAndReturnsTheWelcome) {
  Join(absl::Seconds(20));
  const wire::ControlMessage message = Hear();
  ASSERT_TRUE(message.has_hello());
  EXPECT_EQ(message.hello().protocol_version(), kProtocolVersion);
  EXPECT_EQ(message.hello().role(), wire::SERVER);
  EXPECT_EQ(message.hello().host_id(), HostId());
  EXPECT_EQ(message.hello().host_name(), HostName());
  EXPECT_EQ(message.hello().pid(), getpid());
  EXPECT_THAT(message.hello().build(), StartsWith("shoal "));
  Say(Welcome(kProtocolVersion));
  const auto welcome = joining_.get();
  ASSERT_TRUE(welcome.ok()) << welcome.status();
  EXPECT_EQ(welcome->index(), 1);
}

TEST_F(JoinJobTest, WaitsLongerThanTheSilenceWhileHeartbeatsComeAndAnswersThem) {
  const absl::Duration silence = absl::Milliseconds(400);
  Join(silence);
  ASSERT_TRUE(Hear().has_hello());
  const absl::Time start = Clock::Real().Now();
  while (Clock::Real().Now() - start < 2 * silence) {
    Say(Heartbeat());
    EXPECT_TRUE(Hear().has_heartbeat());
    absl::SleepFor(absl::Milliseconds(20));
  }
  Say(Welcome(kProtocolVersion));
  EXPECT_TRUE(joining_.get().ok());
}

TEST_F(JoinJobTest, GivesUpAfterTheSilence) {
  Join(absl::Milliseconds(50));
  const absl::Status status = joining_.get().status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_EQ(Text(status), "rank 1 waited for the coordinator's welcome and heard nothing for 50ms");
}

TEST_F(JoinJobTest, AStopBeforeTheWelcomeIsReturnedWithItsReason) {
  Join(absl::Seconds(20));
  Say(Stop("corpus.txt is empty"));
  const absl::Status status = joining_.get().status();
  EXPECT_TRUE(absl::IsAborted(status)) << status;
  EXPECT_EQ(Text(status), "the coordinator ended the job before it began: corpus.txt is empty");
}

TEST_F(JoinJobTest, ACoordinatorOfAnotherProtocolVersionIsRefusedWithBothVersions) {
  Join(absl::Seconds(20));
  Say(Welcome(kProtocolVersion + 6));
  const absl::Status status = joining_.get().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_THAT(Text(status),
              HasSubstr(Cat("the coordinator speaks protocol version ", kProtocolVersion + 6, ", this build")));
}

TEST_F(JoinJobTest, AnythingElseBeforeTheWelcomeIsNamed) {
  Join(absl::Seconds(20));
  wire::ControlMessage lease;
  lease.mutable_lease();
  Say(lease);
  const absl::Status status = joining_.get().status();
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(Text(status), "rank 0 sent lease to rank 1 before its welcome");
}

TEST(ControlTest, AMessageKeepsItsFieldsOnTheWay) {
  InProcessHub hub(2, &Clock::Real());
  const auto a = hub.endpoint(0), b = hub.endpoint(1);
  ASSERT_TRUE(SendControl(a.get(), 1, Stop("why"), Soon()).ok());
  const auto received = ReceiveControl(b.get(), Soon());
  ASSERT_TRUE(received.ok()) << received.status();
  EXPECT_EQ(received->first, 0);
  EXPECT_EQ(received->second.stop().reason(), "why");
}

TEST(ControlTest, BytesThatDoNotParseAreDataLossOfTheirSender) {
  InProcessHub hub(6, &Clock::Real());
  const auto a = hub.endpoint(5), b = hub.endpoint(1);
  ASSERT_TRUE(a->Send(1, Channel::kControl, Buffer::CopyOf("\xff\xff\xff"), Soon()).ok());
  const absl::Status status = ReceiveControl(b.get(), Soon()).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_EQ(Text(status), "the 3 bytes of a control message of rank 5 do not parse");
}

TEST(ControlTest, AMessageOfNoKnownKindIsDataLoss) {
  // Field 100, a kind that some later version may have.
  const absl::Status status = ParseControl(4, std::string_view("\xa2\x06\x00", 3)).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(Text(status), HasSubstr("of rank 4 (3 bytes) is of no kind that this build knows"));
}

TEST(ControlTest, AMessageOverTheLimitIsNeitherSentNorParsed) {
  InProcessHub hub(2, &Clock::Real());
  const auto a = hub.endpoint(0);
  const absl::Status sent = SendControl(a.get(), 1, Stop(std::string(kMaxControlBytes, 'x')), Soon());
  EXPECT_TRUE(absl::IsInvalidArgument(sent)) << sent;
  EXPECT_THAT(Text(sent), HasSubstr("a stop for rank 1 has"));
  EXPECT_TRUE(absl::IsDataLoss(ParseControl(1, std::string(kMaxControlBytes + 1, '\0')).status()));
}

TEST(ControlTest, KindsAreNamedAsInTheProtocol) {
  EXPECT_EQ(KindName(Heartbeat()), "heartbeat");
  EXPECT_EQ(KindName(wire::ControlMessage()), "nothing");
}

TEST(ControlTest, RolesAreNamedInLowerCase) {
  EXPECT_EQ(RoleName(wire::COORDINATOR), "coordinator");
  EXPECT_EQ(RoleName(wire::SERVER), "server");
  EXPECT_EQ(RoleName(wire::WORKER), "worker");
}

}  // namespace
}  // namespace shoal
