#include "paramserver/server.h"

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "common/transport/control.h"
#include "common/transport/in_process.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "paramserver/messages.h"
#include "tests/unit/paramserver/cluster.h"

namespace shoal {
namespace {

using testing::HasSubstr;

absl::Time Soon() { return Clock::Real().Now() + absl::Seconds(10); }

// One server at rank 1; the test is its coordinator, and a stranger at rank 2.
class ServerTest : public testing::Test {
 protected:
  ServerTest() : hub_(3, &Clock::Real()), coordinator_(hub_.endpoint(0)), stranger_(hub_.endpoint(2)) {
    thread_ = std::thread([this] {
      const auto endpoint = hub_.endpoint(1);
      end_ = RunServer(endpoint.get(), Platform::Real());
    });
  }
  ~ServerTest() override {
    if (thread_.joinable()) thread_.join();
  }

  void Welcome(const wire::TableSpec& table, double dead_after_seconds = 10) {
    wire::ControlMessage message;
    wire::Welcome* welcome = message.mutable_welcome();
    welcome->set_protocol_version(kProtocolVersion);
    welcome->set_job_token(1);
    welcome->mutable_job()->mutable_metrics()->set_enabled(false);
    welcome->mutable_job()->mutable_heartbeats()->set_interval_seconds(0.02);
    welcome->mutable_job()->mutable_heartbeats()->set_dead_after_seconds(dead_after_seconds);
    *welcome->add_table() = table;
    Tell(message);
  }

  void Stop(const std::string& reason) {
    wire::ControlMessage message;
    message.mutable_stop()->set_reason(reason);
    Tell(message);
  }

  void Tell(const wire::ControlMessage& message) {
    const auto sent = SendControl(coordinator_.get(), 1, message, Soon());
    EXPECT_TRUE(sent.ok()) << sent;
  }

  // The next message of a kind that `wanted` takes; others are passed over.
  wire::ControlMessage Hear(const std::function<bool(const wire::ControlMessage&)>& wanted) {
    const absl::Time deadline = Soon();
    while (true) {
      auto received = ReceiveControl(coordinator_.get(), deadline);
      EXPECT_TRUE(received.ok()) << received.status();
      if (!received.ok() || wanted(received->second)) return received.ok() ? received->second : wire::ControlMessage();
    }
  }

  absl::Status End() {
    thread_.join();
    return end_;
  }

  InProcessHub hub_;
  std::unique_ptr<Endpoint> coordinator_, stranger_;
  std::thread thread_;
  absl::Status end_;
};

TEST_F(ServerTest, JoinsOffersItsSegmentsSendsHeartbeatsAndStops) {
  const auto hello = Hear([](const auto& message) { return message.has_hello(); });
  EXPECT_EQ(hello.hello().role(), wire::SERVER);
  Welcome(MakeTableSpec(0, "input", 100, 20));
  const auto ready = Hear([](const auto& message) { return message.has_ready(); });
  ASSERT_EQ(ready.ready().segment_size(), 1);
  EXPECT_GT(ready.ready().segment(0).file_descriptor(), 2);
  Hear([](const auto& message) { return message.has_heartbeat(); });
  Stop("");
  EXPECT_TRUE(End().ok());
}

TEST_F(ServerTest, StopWithAReasonEndsItWithThatReason) {
  Welcome(MakeTableSpec(0, "input", 100, 20));
  Stop("worker 3 died");
  const auto end = End();
  EXPECT_EQ(end.code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(end.message()), HasSubstr("worker 3 died"));
}

TEST_F(ServerTest, ASilentCoordinatorIsNamed) {
  Welcome(MakeTableSpec(0, "input", 100, 20), /*dead_after_seconds=*/0.1);
  const auto end = End();
  EXPECT_EQ(end.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(end.message()), HasSubstr("heard nothing from the coordinator (rank 0)"));
}

TEST_F(ServerTest, SilenceProvesNothingWhileATableIsMade) {
  // 300 MB, which take more than a hundred milliseconds.
  Welcome(MakeTableSpec(0, "input", 600000, 128), /*dead_after_seconds=*/0.05);
  Hear([](const auto& message) { return message.has_ready(); });
  Stop("");
  EXPECT_TRUE(End().ok());
}

TEST_F(ServerTest, ATableThatCannotBeIsReportedToTheCoordinator) {
  Welcome(MakeTableSpec(0, "input", 100, 0));
  const auto failed = Hear([](const auto& message) { return message.has_failed(); });
  EXPECT_THAT(failed.failed().reason(), HasSubstr("table \"input\" has dim 0"));
  Stop("a server failed");
  EXPECT_EQ(End().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(ServerTest, NothingThatAStrangerSendsEndsIt) {
  Welcome(MakeTableSpec(0, "input", 100, 20));
  Hear([](const auto& message) { return message.has_ready(); });
  for (const Channel channel : {Channel::kControl, Channel::kRowRequests, Channel::kRowResponses}) {
    ASSERT_TRUE(stranger_->Send(1, channel, Buffer::CopyOf("nonsense"), Soon()).ok());
    ASSERT_TRUE(stranger_->Send(1, channel, Buffer(), Soon()).ok());
  }
  wire::ControlMessage stop;
  stop.mutable_stop()->set_reason("forged");
  ASSERT_TRUE(SendControl(stranger_.get(), 1, stop, Soon()).ok());
  for (int i = 0; i < 2; ++i) {
    const auto refusal = stranger_->Receive(Channel::kRowResponses, Soon());
    ASSERT_TRUE(refusal.ok()) << refusal.status();
    const auto answer = ParseRowAnswer(refusal->payload);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_FALSE(answer->status().ok());
  }
  Stop("");
  EXPECT_TRUE(End().ok());
}

}  // namespace
}  // namespace shoal
