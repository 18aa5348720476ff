#include "common/transport/in_process.h"

#include <atomic>
#include <future>
#include <thread>
#include <utility>
#include <vector>

#include "common/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/transport/manual_clock.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

absl::Time Soon() { return Clock::Real().Now() + absl::Seconds(20); }
absl::Time Past() { return absl::InfinitePast(); }

std::string Text(const absl::Status& status) { return std::string(ToStd(status.message())); }

absl::Status SendText(Endpoint& from, int to, Channel channel, std::string_view text) {
  return from.Send(to, channel, Buffer::CopyOf(text), Soon());
}

TEST(InProcessHubTest, AMessageArrivesWithItsBytesSenderAndChannel) {
  InProcessHub hub(3, &Clock::Real());
  const auto a = hub.endpoint(0), b = hub.endpoint(2);
  EXPECT_EQ(a->rank(), 0);
  EXPECT_EQ(a->size(), 3);
  ASSERT_TRUE(SendText(*a, 2, Channel::kRowRequests, "pull 17").ok());
  const auto message = b->Receive(Channel::kRowRequests, Soon());
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->from, 0);
  EXPECT_EQ(message->channel, Channel::kRowRequests);
  EXPECT_EQ(message->payload.view(), "pull 17");
}

TEST(InProcessHubTest, AnEmptyMessageArrivesToo) {
  InProcessHub hub(1, &Clock::Real());
  const auto self = hub.endpoint(0);
  ASSERT_TRUE(SendText(*self, 0, Channel::kControl, "").ok());
  const auto message = self->Receive(Channel::kControl, Soon());
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_TRUE(message->payload.empty());
}

TEST(InProcessHubTest, ReceivingOnOneChannelLeavesTheOthersAlone) {
  InProcessHub hub(2, &Clock::Real());
  const auto a = hub.endpoint(0), b = hub.endpoint(1);
  ASSERT_TRUE(SendText(*a, 1, Channel::kRowResponses, "rows").ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(b->Receive(Channel::kControl, Past()).status()));
  EXPECT_TRUE(b->Receive(Channel::kRowResponses, Past()).ok());
}

TEST(InProcessHubTest, ReceiveAnyTakesTheControlChannelFirst) {
  InProcessHub hub(2, &Clock::Real());
  const auto a = hub.endpoint(0), b = hub.endpoint(1);
  ASSERT_TRUE(SendText(*a, 1, Channel::kRowResponses, "rows").ok());
  ASSERT_TRUE(SendText(*a, 1, Channel::kRowRequests, "request").ok());
  ASSERT_TRUE(SendText(*a, 1, Channel::kControl, "stop").ok());
  EXPECT_EQ(b->ReceiveAny(Soon())->payload.view(), "stop");
  EXPECT_EQ(b->ReceiveAny(Soon())->payload.view(), "request");
  EXPECT_EQ(b->ReceiveAny(Soon())->payload.view(), "rows");
}

TEST(InProcessHubTest, AReceiveWithNothingToReceiveEndsAtItsDeadline) {
  InProcessHub hub(1, &Clock::Real());
  const auto endpoint = hub.endpoint(0);
  const absl::Time start = Clock::Real().Now();
  const auto message = endpoint->ReceiveAny(start + absl::Milliseconds(30));
  EXPECT_TRUE(absl::IsDeadlineExceeded(message.status())) << message.status();
  EXPECT_GE(Clock::Real().Now() - start, absl::Milliseconds(30));
}

TEST(InProcessHubTest, AWaitingReceiverWakesForAMessage) {
  InProcessHub hub(2, &Clock::Real());
  const auto a = hub.endpoint(0), b = hub.endpoint(1);
  std::thread sender([&] { ASSERT_TRUE(SendText(*a, 1, Channel::kControl, "hello").ok()); });
  EXPECT_TRUE(b->Receive(Channel::kControl, Soon()).ok());
  sender.join();
}

TEST(InProcessHubTest, ADelayedMessageIsThereNoEarlier) {
  ManualClock clock;
  InProcessHub hub(2, &clock, {.delay = absl::Seconds(5)});
  const auto a = hub.endpoint(0), b = hub.endpoint(1);
  ASSERT_TRUE(a->Send(1, Channel::kControl, Buffer::CopyOf("late"), absl::InfiniteFuture()).ok());
  clock.SleepFor(absl::Milliseconds(4999));
  EXPECT_TRUE(absl::IsDeadlineExceeded(b->Receive(Channel::kControl, Past()).status()));
  clock.SleepFor(absl::Milliseconds(1));
  EXPECT_TRUE(b->Receive(Channel::kControl, Past()).ok());
}

TEST(InProcessHubTest, AMessageOvertakesNoEarlierOneOfItsChannelHoweverTheDelaysFall) {
  ManualClock clock;
  InProcessOptions options;
  options.extra_delay = [](int, int, Channel, std::string_view payload) {
    return payload == "slow" ? absl::Seconds(10) : absl::ZeroDuration();
  };
  InProcessHub hub(3, &clock, options);
  const auto a = hub.endpoint(0), b = hub.endpoint(1), c = hub.endpoint(2);
  ASSERT_TRUE(SendText(*a, 1, Channel::kControl, "slow").ok());
  ASSERT_TRUE(SendText(*a, 1, Channel::kControl, "quick").ok());
  ASSERT_TRUE(SendText(*c, 1, Channel::kControl, "another sender's").ok());
  EXPECT_EQ(b->Receive(Channel::kControl, Past())->payload.view(), "another sender's");
  EXPECT_FALSE(b->Receive(Channel::kControl, Past()).ok());
  clock.SleepFor(absl::Seconds(10));
  EXPECT_EQ(b->Receive(Channel::kControl, Past())->payload.view(), "slow");
  EXPECT_EQ(b->Receive(Channel::kControl, Past())->payload.view(), "quick");
}

TEST(InProcessHubTest, AHookLosesMessagesOfOneLinkOnly) {
  InProcessOptions options;
  options.extra_delay = [](int from, int to, Channel, std::string_view) {
    return from == 0 && to == 1 ? absl::InfiniteDuration() : absl::ZeroDuration();
  };
  InProcessHub hub(2, &Clock::Real(), options);
  const auto a = hub.endpoint(0), b = hub.endpoint(1);
  ASSERT_TRUE(SendText(*a, 1, Channel::kControl, "lost").ok());
  ASSERT_TRUE(SendText(*b, 0, Channel::kControl, "kept").ok());
  EXPECT_FALSE(b->Receive(Channel::kControl, Past()).ok());
  EXPECT_TRUE(a->Receive(Channel::kControl, Past()).ok());
  EXPECT_TRUE(a->Flush(Past()).ok());
}

TEST(InProcessHubTest, SendsToARankThatIsGoneSayWhoIsGone) {
  InProcessHub hub(2, &Clock::Real());
  const auto a = hub.endpoint(0), b = hub.endpoint(1);
  ASSERT_TRUE(SendText(*a, 1, Channel::kControl, "before").ok());
  hub.Disconnect(1);
  const absl::Status sent = SendText(*a, 1, Channel::kControl, "after");
  EXPECT_TRUE(absl::IsUnavailable(sent)) << sent;
  EXPECT_THAT(Text(sent), HasSubstr("rank 1 is gone"));
  EXPECT_TRUE(absl::IsUnavailable(b->Receive(Channel::kControl, Soon()).status()));
  EXPECT_EQ(a->queued_bytes(), 0);
}

TEST(InProcessHubTest, ARankThatIsCutOffWhileItWaitsStopsWaiting) {
  InProcessHub hub(2, &Clock::Real());
  const auto b = hub.endpoint(1);
  auto waiting = std::async(std::launch::async, [&] { return b->Receive(Channel::kControl, Soon()).status(); });
  hub.Disconnect(1);
  EXPECT_TRUE(absl::IsUnavailable(waiting.get()));
}

TEST(InProcessHubTest, TheEndOfAnEndpointIsTheEndOfItsRank) {
  InProcessHub hub(2, &Clock::Real());
  const auto a = hub.endpoint(0);
  hub.endpoint(1).reset();
  EXPECT_TRUE(absl::IsUnavailable(SendText(*a, 1, Channel::kControl, "anyone there?")));
}

TEST(InProcessHubTest, RefusesRanksThatDoNotExistAndMessagesOverTheLimit) {
  InProcessHub hub(2, &Clock::Real());
  const auto a = hub.endpoint(0);
  EXPECT_TRUE(absl::IsInvalidArgument(SendText(*a, 2, Channel::kControl, "x")));
  EXPECT_TRUE(absl::IsInvalidArgument(SendText(*a, -1, Channel::kControl, "x")));
  const absl::Status large = a->Send(1, Channel::kControl, Buffer(Endpoint::kMaxMessageBytes + 1), Soon());
  EXPECT_TRUE(absl::IsInvalidArgument(large)) << large;
}

TEST(InProcessHubTest, ASenderWhoseQueueIsFullWaitsForTheReceiverAndNamesIt) {
  InProcessHub hub(3, &Clock::Real(), {.max_queued_bytes = 100});
  const auto a = hub.endpoint(0), b = hub.endpoint(1);
  ASSERT_TRUE(a->Send(1, Channel::kRowRequests, Buffer(80), Soon()).ok());
  const absl::Status refused =
      a->Send(2, Channel::kRowRequests, Buffer(30), Clock::Real().Now() + absl::Milliseconds(10));
  EXPECT_TRUE(absl::IsDeadlineExceeded(refused)) << refused;
  EXPECT_THAT(Text(refused), HasSubstr("rank 1 did not take 80 bytes of rank 0"));
  EXPECT_EQ(a->queued_bytes(), 80);

  auto sent = std::async(std::launch::async, [&] { return a->Send(2, Channel::kRowRequests, Buffer(30), Soon()); });
  ASSERT_TRUE(b->Receive(Channel::kRowRequests, Soon()).ok());
  EXPECT_TRUE(sent.get().ok());
}

TEST(InProcessHubTest, FlushWaitsUntilEverythingWasTaken) {
  InProcessHub hub(2, &Clock::Real());
  const auto a = hub.endpoint(0), b = hub.endpoint(1);
  ASSERT_TRUE(SendText(*a, 1, Channel::kControl, "x").ok());
  const absl::Status early = a->Flush(Clock::Real().Now() + absl::Milliseconds(5));
  EXPECT_TRUE(absl::IsDeadlineExceeded(early)) << early;
  EXPECT_THAT(Text(early), HasSubstr("rank 1 did not take 1 message"));
  ASSERT_TRUE(b->ReceiveAny(Soon()).ok());
  EXPECT_TRUE(a->Flush(Past()).ok());
}

TEST(InProcessHubTest, ManyRanksExchangeManyMessagesWithoutLossAndInOrder) {
  constexpr int kRanks = 5, kMessages = 400;
  InProcessHub hub(kRanks, &Clock::Real());
  std::vector<std::thread> ranks;
  std::atomic<int> in_order = 0;
  for (int rank = 0; rank < kRanks; ++rank) {
    ranks.emplace_back([&, endpoint = std::shared_ptr(hub.endpoint(rank))] {
      for (int i = 0; i < kMessages; ++i) {
        for (int to = 0; to < kRanks; ++to) ASSERT_TRUE(SendText(*endpoint, to, Channel::kRowRequests, Cat(i)).ok());
      }
      std::vector<int> next(kRanks, 0);
      for (int i = 0; i < kRanks * kMessages; ++i) {
        const auto message = endpoint->ReceiveAny(Soon());
        ASSERT_TRUE(message.ok()) << message.status();
        if (message->payload.view() == Cat(next[message->from]++)) ++in_order;
      }
      ASSERT_TRUE(endpoint->Flush(Soon()).ok());
    });
  }
  for (std::thread& rank : ranks) rank.join();
  EXPECT_EQ(in_order, kRanks * kRanks * kMessages);
}

}  // namespace
}  // namespace shoal
