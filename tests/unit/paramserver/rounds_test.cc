#include "paramserver/rounds.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/random.h"
#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

RowHeader HeaderOf(uint64_t round, uint32_t turn, uint32_t turns, uint64_t id = 0, uint32_t count = 0) {
  RowHeader header;
  header.kind = RowKind::kPushChanges;
  header.round = round;
  header.turn = turn;
  header.turns = turns;
  header.id = id;
  header.count = count;
  return header;
}

Buffer PullOf(uint64_t round) {
  const std::vector<uint64_t> keys = {1};
  return MakePull(HeaderOf(round, 0, 1), keys);
}

std::vector<std::string> Texts(const std::vector<Buffer>& buffers) {
  std::vector<std::string> texts;
  for (const Buffer& buffer : buffers) texts.emplace_back(buffer.view());
  return texts;
}

class RoundsTest : public ::testing::Test {
 protected:
  void Keep(uint32_t turn, uint32_t turns, uint64_t id, const std::string& push, uint64_t round = 1) {
    EXPECT_EQ(rounds_.Keep(HeaderOf(round, turn, turns, id), Buffer::CopyOf(push)), absl::OkStatus());
  }
  void End(uint32_t turn, uint32_t turns, uint32_t pushes, uint64_t round = 1) {
    EXPECT_EQ(rounds_.End(HeaderOf(round, turn, turns, /*id=*/0, pushes)), absl::OkStatus());
  }
  std::string Refusal(const absl::Status& status) {
    EXPECT_FALSE(status.ok());
    return std::string(ToStd(status.message()));
  }

  Rounds rounds_;
};

TEST_F(RoundsTest, PushesComeInTheOrderOfTurnsAndOfIdsWithinOne) {
  Keep(1, 2, 7, "second turn");
  Keep(0, 2, 9, "first turn, second push");
  Keep(0, 2, 4, "first turn, first push");
  End(0, 2, 2);
  EXPECT_THAT(rounds_.TakeWhole(), IsEmpty());
  End(1, 2, 1);
  EXPECT_THAT(Texts(rounds_.TakeWhole()),
              ElementsAre("first turn, first push", "first turn, second push", "second turn"));
  EXPECT_THAT(rounds_.TakeWhole(), IsEmpty());
}

TEST_F(RoundsTest, ATurnIsNotWholeBeforeThePushesThatItsEndTellsOfHaveCome) {
  End(0, 1, 2);
  Keep(0, 1, 1, "a");
  EXPECT_THAT(rounds_.TakeWhole(), IsEmpty());
  Keep(0, 1, 2, "b");
  EXPECT_THAT(Texts(rounds_.TakeWhole()), ElementsAre("a", "b"));
}

TEST_F(RoundsTest, ATurnWithoutPushesEndsTheRoundToo) {
  EXPECT_TRUE(rounds_.between_rounds());
  End(0, 2, 0);
  EXPECT_FALSE(rounds_.between_rounds());
  End(1, 2, 0);
  EXPECT_THAT(rounds_.TakeWhole(), IsEmpty());
  EXPECT_TRUE(rounds_.between_rounds());
  End(0, 1, 0, /*round=*/2);
}

TEST_F(RoundsTest, PullsOfLaterRoundsWaitEachForItsOwn) {
  EXPECT_TRUE(*rounds_.IsPullDue(HeaderOf(1, 0, 1)));
  for (const uint64_t round : {3, 2}) {
    EXPECT_FALSE(*rounds_.IsPullDue(HeaderOf(round, 0, 1)));
    EXPECT_TRUE(rounds_.Wait(static_cast<int>(round), PullOf(round)).ok());
  }
  EXPECT_THAT(rounds_.TakeDue(), IsEmpty());
  for (const uint64_t round : {2, 3}) {
    End(0, 1, 0, round - 1);
    rounds_.TakeWhole();
    const auto due = rounds_.TakeDue();
    ASSERT_EQ(due.size(), 1u);
    EXPECT_EQ(due[0].client, static_cast<int>(round));
    EXPECT_TRUE(*rounds_.IsPullDue(PeekRowHeader(due[0].message)));
  }
}

TEST_F(RoundsTest, WhatDoesNotBelongToTheRoundIsRefused) {
  Keep(0, 2, 1, "a");
  End(0, 2, 1);
  EXPECT_EQ(Refusal(rounds_.Keep(HeaderOf(1, 0, 2, 2), Buffer())),
            "a push of turn 0 of round 1 comes after its 1 others, which were all");
  EXPECT_EQ(Refusal(rounds_.End(HeaderOf(1, 0, 2, 3, 1))),
            "turn 0 of round 1 ends with 1 pushes, and has ended before");
  EXPECT_EQ(Refusal(rounds_.Keep(HeaderOf(2, 0, 2), Buffer())), "a push changes of round 2 comes in round 1");
  EXPECT_EQ(Refusal(rounds_.Keep(HeaderOf(1, 0, 3), Buffer())), "round 1 has 2 turns, and a request says 3");
  EXPECT_EQ(Refusal(rounds_.Keep(HeaderOf(1, 2, 2), Buffer())),
            "a request of turn 2 of 2, of which there are at most 1024");
  EXPECT_EQ(Refusal(rounds_.IsPullDue(HeaderOf(0, 0, 2)).status()), "a push changes of round 0 comes in round 1");
  EXPECT_EQ(Refusal(rounds_.Keep(HeaderOf(1, 0, 4000), Buffer())),
            "a request of turn 0 of 4000, of which there are at most 1024");
  Keep(1, 2, 5, "b");
  Keep(1, 2, 6, "c");
  EXPECT_EQ(Refusal(rounds_.End(HeaderOf(1, 1, 2, 7, 1))), "turn 1 of round 1 ends with 1 pushes, and 2 have come");
}

// Whatever the order in which the turns of a round are trained and their messages arrive.
TEST_F(RoundsTest, EveryOrderOfArrivalGivesTheSameOrderOfPushes) {
  const std::vector<std::string> expected = {"00", "01", "02", "10", "11", "12", "20", "21", "22"};
  CounterRandom random(3);
  for (uint64_t round = 1; round <= 200; ++round) {
    std::vector<std::string> order = expected;
    for (uint32_t turn = 0; turn < 3; ++turn) order.push_back("end of " + std::to_string(turn));
    for (size_t i = order.size(); i > 1; --i)
      std::swap(order[i - 1], order[random.NextBelow(static_cast<uint32_t>(i))]);
    std::vector<Buffer> pushes;
    for (const std::string& message : order) {
      EXPECT_THAT(pushes, IsEmpty());
      if (message.size() == 2) {
        Keep(static_cast<uint32_t>(message[0] - '0'), 3, static_cast<uint64_t>(message[1]), message, round);
      } else {
        End(static_cast<uint32_t>(message.back() - '0'), 3, 3, round);
      }
      pushes = rounds_.TakeWhole();
    }
    EXPECT_EQ(Texts(pushes), expected);
  }
}

}  // namespace
}  // namespace shoal
