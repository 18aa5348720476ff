#include "paramserver/row_service.h"

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "common/random.h"
#include "common/transport/control.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "paramserver/push_window.h"
#include "tests/unit/paramserver/cluster.h"

namespace shoal {
namespace {

using testing::HasSubstr;

constexpr uint64_t kToken = 42;
constexpr uint64_t kSession = 77;
constexpr int kClient = 3;

class RowServiceTest : public testing::Test {
 protected:
  RowServiceTest() : service_({.job_token = kToken, .server = 0, .servers = 1}) {
    auto table = Table::Create(spec_, {.job_token = kToken});
    EXPECT_TRUE((*table)->InitializeSome());
    service_.Add(*std::move(table));
  }

  RowHeader Header(RowKind kind, uint64_t id) {
    RowHeader header;
    header.kind = kind;
    header.session = kSession;
    header.id = id;
    header.row_floats = 32;
    return header;
  }

  RowService::Outcome SayHello(uint64_t token = kToken, uint32_t version = kProtocolVersion,
                               uint64_t session = kSession) {
    wire::RowsHello hello;
    hello.set_protocol_version(version);
    hello.set_job_token(token);
    RowHeader header = Header(RowKind::kHello, 1);
    header.session = session;
    return service_.Handle(kClient, MakeHello(header, hello.SerializeAsString()));
  }

  Buffer PushOfOnes(uint64_t id) {
    const std::vector<uint64_t> keys = {5};
    Buffer push = MakePush(Header(RowKind::kPushChanges, id), keys);
    std::fill_n(PushRows(&push), 32, 1.0f);
    return push;
  }

  // The first weight of row 5.
  float Weight() {
    const std::vector<uint64_t> keys = {5};
    auto outcome = service_.Handle(kClient, MakePull(Header(RowKind::kPull, 1 << 20), keys));
    EXPECT_EQ(outcome.code, absl::StatusCode::kOk);
    return PullAnswerRows(&outcome.answer)[0];
  }

  std::string TextOf(const RowService::Outcome& outcome) {
    const auto answer = ParseRowAnswer(outcome.answer);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return std::string(answer->text);
  }

  const wire::TableSpec spec_ = MakeZeroSpec();
  RowService service_;

 private:
  static wire::TableSpec MakeZeroSpec() {
    auto spec = MakeTableSpec(0, "input", 100, 20);
    spec.mutable_initializer()->set_kind(wire::Initializer::ZERO);
    return spec;
  }
};

TEST_F(RowServiceTest, APushThatComesAgainIsAnsweredAndNotApplied) {
  SayHello();
  const auto first = service_.Handle(kClient, PushOfOnes(7));
  EXPECT_EQ(first.code, absl::StatusCode::kOk);
  EXPECT_FALSE(first.repeated);
  const auto again = service_.Handle(kClient, PushOfOnes(7));
  EXPECT_EQ(again.code, absl::StatusCode::kOk);
  EXPECT_TRUE(again.repeated);
  EXPECT_EQ(again.answer.view(), first.answer.view());
  EXPECT_EQ(Weight(), 1);
}

TEST_F(RowServiceTest, PushesMayComeInAnyOrder) {
  SayHello();
  for (const uint64_t id : {9, 7, 8, 7, 9, 8}) service_.Handle(kClient, PushOfOnes(id));
  EXPECT_EQ(Weight(), 3);
}

TEST_F(RowServiceTest, APushOlderThanTheWindowIsRefused) {
  SayHello();
  service_.Handle(kClient, PushOfOnes(5 + PushWindow::kIds));
  const auto late = service_.Handle(kClient, PushOfOnes(5));
  EXPECT_EQ(late.code, absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(TextOf(late), HasSubstr("more than 1024 requests behind"));
  EXPECT_EQ(Weight(), 1);
}

TEST_F(RowServiceTest, ARefusedPushMayBeSentAgain) {
  SayHello();
  Buffer wrong = PushOfOnes(7);
  RowHeader header = PeekRowHeader(wrong);
  header.table = 4;
  std::memcpy(wrong.data(), &header, sizeof(header));
  EXPECT_EQ(service_.Handle(kClient, std::move(wrong)).code, absl::StatusCode::kInvalidArgument);
  EXPECT_FALSE(service_.Handle(kClient, PushOfOnes(7)).repeated);
  EXPECT_EQ(Weight(), 1);
}

TEST_F(RowServiceTest, HelloAgainKeepsTheSessionAndAnotherSessionBeginsAfresh) {
  SayHello();
  service_.Handle(kClient, PushOfOnes(7));
  SayHello();
  EXPECT_TRUE(service_.Handle(kClient, PushOfOnes(7)).repeated);
  SayHello(kToken, kProtocolVersion, /*session=*/78);
  EXPECT_THAT(TextOf(service_.Handle(kClient, PushOfOnes(7))), HasSubstr("no open session 77"));
}

TEST_F(RowServiceTest, WithoutHelloNothingIsAnswered) {
  const auto outcome = service_.Handle(kClient, PushOfOnes(7));
  EXPECT_EQ(outcome.code, absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(TextOf(outcome), HasSubstr("it must say hello first"));
}

TEST_F(RowServiceTest, ASessionBelongsToTheRankThatOpenedIt) {
  SayHello();
  EXPECT_EQ(service_.Handle(kClient + 1, PushOfOnes(7)).code, absl::StatusCode::kFailedPrecondition);
}

TEST_F(RowServiceTest, AWrongTokenOrVersionOpensNoSession) {
  EXPECT_EQ(SayHello(/*token=*/43).code, absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(TextOf(SayHello(kToken, /*version=*/7)), HasSubstr("speaks protocol version 7, this server 3"));
  EXPECT_EQ(service_.Handle(kClient, PushOfOnes(7)).code, absl::StatusCode::kFailedPrecondition);
}

TEST_F(RowServiceTest, EveryHostileMessageIsRefusedWithAnAnswerAndChangesNothing) {
  SayHello();
  struct Attack {
    std::string name;
    std::function<void(RowHeader*)> change;
  };
  const std::vector<Attack> attacks = {
      {"no magic", [](RowHeader* h) { h->magic = 0; }},
      {"another version", [](RowHeader* h) { h->version = 1; }},
      {"unknown kind", [](RowHeader* h) { h->kind = RowKind{200}; }},
      {"hello without a token", [](RowHeader* h) { h->kind = RowKind::kHello; }},
      {"another session", [](RowHeader* h) { h->session = 1; }},
      {"unknown table", [](RowHeader* h) { h->table = 0xffffffff; }},
      {"count overflows", [](RowHeader* h) { h->count = 0xffffffff; }},
      {"count and width overflow", [](RowHeader* h) { h->count = 0x40000000, h->row_floats = 0x40000000; }},
      {"more rows than there are", [](RowHeader* h) { h->count = 2; }},
      {"no rows though some are there", [](RowHeader* h) { h->count = 0; }},
      {"another width", [](RowHeader* h) { h->row_floats = 16; }},
      {"zero width", [](RowHeader* h) { h->row_floats = 0; }},
      {"rate is not a number", [](RowHeader* h) { std::memset(&h->learning_rate, 0xff, 4); }},
  };
  for (const Attack& attack : attacks) {
    Buffer message = PushOfOnes(7);
    RowHeader header = PeekRowHeader(message);
    attack.change(&header);
    std::memcpy(message.data(), &header, sizeof(header));
    const auto outcome = service_.Handle(kClient, std::move(message));
    EXPECT_NE(outcome.code, absl::StatusCode::kOk) << attack.name;
    const auto answer = ParseRowAnswer(outcome.answer);
    ASSERT_TRUE(answer.ok()) << attack.name;
    EXPECT_FALSE(answer->status().ok()) << attack.name;
  }
  EXPECT_EQ(Weight(), 0);
}

TEST_F(RowServiceTest, RandomAndTruncatedBytesAreRefusedWithAnAnswer) {
  SayHello();
  for (uint64_t trial = 0; trial < 5000; ++trial) {
    CounterRandom random(StreamKey(5, trial));
    Buffer message = PushOfOnes(7);
    message.Truncate(random.NextBelow(static_cast<uint32_t>(message.size())));
    for (uint32_t flips = random.NextBelow(4); flips > 0 && !message.empty(); --flips) {
      message.data()[random.NextBelow(static_cast<uint32_t>(message.size()))] ^= static_cast<std::byte>(random.Next());
    }
    const auto outcome = service_.Handle(kClient, std::move(message));
    EXPECT_NE(outcome.code, absl::StatusCode::kOk);
    EXPECT_TRUE(ParseRowAnswer(outcome.answer).ok());
  }
  EXPECT_EQ(Weight(), 0);
}

TEST(PushWindowTest, RemembersTheLastIdsAndForgetsOlderOnes) {
  PushWindow window;
  for (uint64_t id = 1; id <= 3000; id += 2) window.SetApplied(id);
  const uint64_t highest = 2999;
  for (uint64_t id = highest - PushWindow::kIds + 1; id <= highest; ++id) {
    EXPECT_EQ(window.Look(id), id % 2 == 1 ? PushWindow::State::kApplied : PushWindow::State::kUnknown) << id;
  }
  EXPECT_EQ(window.Look(highest - PushWindow::kIds), PushWindow::State::kTooOld);
  EXPECT_EQ(window.Look(highest + 1), PushWindow::State::kUnknown);
}

TEST(PushWindowTest, AFarLeapForgetsAllBefore) {
  PushWindow window;
  window.SetApplied(10);
  window.SetApplied(~uint64_t{0});
  EXPECT_EQ(window.Look(10), PushWindow::State::kTooOld);
  EXPECT_EQ(window.Look(~uint64_t{0} - 5), PushWindow::State::kUnknown);
  EXPECT_EQ(window.Look(~uint64_t{0}), PushWindow::State::kApplied);
}

TEST_F(RowServiceTest, OfARoundPushesChangeNothingBeforeAllTurnsHaveEndedAndThenWaitingPullsAreDue) {
  SayHello();
  const auto of_turn = [&](Buffer message, uint64_t round, uint32_t turn) {
    RowHeader header = PeekRowHeader(message);
    header.round = round;
    header.turn = turn;
    header.turns = 2;
    std::memcpy(message.data(), &header, sizeof(header));
    return message;
  };
  const auto end_of = [&](uint64_t id, uint32_t turn) {
    RowHeader header = Header(RowKind::kEndTurn, id);
    header.count = 1;
    return of_turn(MakeEndTurn(header), 1, turn);
  };
  for (const uint32_t turn : {1, 0}) {
    EXPECT_EQ(service_.Handle(kClient, of_turn(PushOfOnes(10 + turn), 1, turn)).code, absl::StatusCode::kOk);
  }
  EXPECT_TRUE(service_.Handle(kClient, of_turn(PushOfOnes(10), 1, 0)).repeated);
  EXPECT_EQ(service_.Handle(kClient, end_of(20, 1)).code, absl::StatusCode::kOk);
  const std::vector<uint64_t> keys = {5};
  const auto waiting = service_.Handle(kClient, of_turn(MakePull(Header(RowKind::kPull, 30), keys), 2, 0));
  EXPECT_TRUE(waiting.waits);
  EXPECT_EQ(Weight(), 0);
  EXPECT_FALSE(service_.between_rounds());
  EXPECT_TRUE(service_.TakeDue().empty());
  EXPECT_EQ(service_.Handle(kClient, end_of(21, 0)).code, absl::StatusCode::kOk);
  EXPECT_TRUE(service_.Handle(kClient, end_of(21, 0)).repeated);
  EXPECT_TRUE(service_.between_rounds());
  EXPECT_EQ(Weight(), 2);
  auto due = service_.TakeDue();
  ASSERT_EQ(due.size(), 1u);
  auto answer = service_.Handle(due[0].client, std::move(due[0].message));
  EXPECT_FALSE(answer.waits);
  EXPECT_EQ(PullAnswerRows(&answer.answer)[0], 2);
}

TEST_F(RowServiceTest, TheEndOfATurnOfALaterRoundWaitsUntilThatIsAtHand) {
  SayHello();
  const auto end_of = [&](uint64_t id, uint64_t round, uint32_t turn) {
    RowHeader header = Header(RowKind::kEndTurn, id);
    header.round = round;
    header.turn = turn;
    header.turns = 2;
    return MakeEndTurn(header);
  };
  EXPECT_FALSE(service_.Handle(kClient, end_of(1, 1, 0)).waits);
  // Twice, as a worker that has waited for long asks again.
  for (int time = 0; time < 2; ++time) EXPECT_TRUE(service_.Handle(kClient, end_of(2, 2, 0)).waits);
  EXPECT_TRUE(service_.TakeDue().empty());
  EXPECT_FALSE(service_.Handle(kClient, end_of(3, 1, 1)).waits);
  auto due = service_.TakeDue();
  ASSERT_EQ(due.size(), 2u);
  for (const bool repeated : {false, true}) {
    const auto outcome = service_.Handle(kClient, std::move(due[repeated ? 1 : 0].message));
    EXPECT_EQ(outcome.code, absl::StatusCode::kOk);
    EXPECT_EQ(outcome.repeated, repeated);
  }
  EXPECT_FALSE(service_.between_rounds());
  EXPECT_FALSE(service_.Handle(kClient, end_of(4, 2, 1)).waits);
  EXPECT_TRUE(service_.between_rounds());
}

TEST_F(RowServiceTest, APushOfARoundThatDoesNotFitItsTableIsRefusedWhenItComes) {
  SayHello();
  Buffer push = PushOfOnes(7);
  RowHeader header = PeekRowHeader(push);
  header.round = 1;
  header.turns = 1;
  std::memcpy(push.data(), &header, sizeof(header));
  const uint64_t no_such_key = 100;
  std::memcpy(push.data() + kRowHeaderBytes, &no_such_key, sizeof(no_such_key));
  EXPECT_THAT(TextOf(service_.Handle(kClient, std::move(push))), HasSubstr("key 100 is not on server 0"));
  EXPECT_TRUE(service_.between_rounds());
}

}  // namespace
}  // namespace shoal
