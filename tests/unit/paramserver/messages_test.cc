#include "paramserver/messages.h"

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "common/random.h"
#include "common/transport/endpoint.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

RowHeader MakeHeader(RowKind kind, uint32_t row_floats = 16) {
  RowHeader header;
  header.kind = kind;
  header.session = 77;
  header.id = 9;
  header.table = 1;
  header.row_floats = row_floats;
  header.learning_rate = 0.5f;
  return header;
}

// A message of which the header's bytes were replaced.
Buffer WithHeader(const Buffer& message, const RowHeader& header) {
  Buffer changed = Buffer::CopyOf(message.view());
  std::memcpy(changed.data(), &header, sizeof(header));
  return changed;
}

std::string RefusalOf(const Buffer& message) { return std::string(ParseRowRequest(message).status().message()); }

TEST(MessagesTest, APullComesBackAsItWasMade) {
  const std::vector<uint64_t> keys = {5, 1, uint64_t{1} << 60};
  const Buffer message = MakePull(MakeHeader(RowKind::kPull), keys);
  const auto request = ParseRowRequest(message);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->header.session, 77u);
  EXPECT_EQ(request->header.id, 9u);
  EXPECT_EQ(request->header.table, 1u);
  EXPECT_THAT(request->keys, ElementsAre(5, 1, uint64_t{1} << 60));
}

TEST(MessagesTest, APushComesBackAsItWasMadeWithItsRowsOnACacheLine) {
  const std::vector<uint64_t> keys = {3, 4, 5};
  Buffer message = MakePush(MakeHeader(RowKind::kPushGradients), keys);
  for (int i = 0; i < 3 * 16; ++i) PushRows(&message)[i] = static_cast<float>(i);
  const auto request = ParseRowRequest(message);
  ASSERT_TRUE(request.ok()) << request.status();
  EXPECT_EQ(request->header.learning_rate, 0.5f);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(request->rows) % 64, 0u);
  for (int i = 0; i < 3 * 16; ++i) EXPECT_EQ(request->rows[i], i);
}

TEST(MessagesTest, APullsAnswerCarriesItsRowsAndARefusalItsReason) {
  RowHeader header = MakeHeader(RowKind::kPull);
  header.count = 2;
  Buffer message = MakePullAnswer(header);
  for (int i = 0; i < 2 * 16; ++i) PullAnswerRows(&message)[i] = static_cast<float>(i);
  const auto answer = ParseRowAnswer(message);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(answer->status().ok());
  EXPECT_EQ(answer->header.id, 9u);
  EXPECT_EQ(answer->rows[31], 31);

  const Buffer refusal = MakeErrorAnswer(header, absl::NotFoundError("no such table"));
  const auto parsed = ParseRowAnswer(refusal);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(parsed->status(), absl::NotFoundError("no such table"));
}

TEST(MessagesTest, EveryTruncationOfAMessageIsRefused) {
  const std::vector<uint64_t> keys = {3, 4, 5};
  const Buffer push = MakePush(MakeHeader(RowKind::kPushChanges), keys);
  for (size_t size = 0; size < push.size(); ++size) {
    EXPECT_FALSE(ParseRowRequest(Buffer::CopyOf(push.view().substr(0, size))).ok()) << size;
  }
}

TEST(MessagesTest, TrailingBytesAreRefused) {
  const std::vector<uint64_t> keys = {3};
  const Buffer pull = MakePull(MakeHeader(RowKind::kPull), keys);
  EXPECT_THAT(RefusalOf(Buffer::CopyOf(std::string(pull.view()) + "x")), HasSubstr("is 129 bytes long, expected 128"));
}

TEST(MessagesTest, EveryMistakeInAHeaderIsRefusedByName) {
  const std::vector<uint64_t> keys = {3, 4, 5};
  const Buffer push = MakePush(MakeHeader(RowKind::kPushChanges), keys);
  const RowHeader right = PeekRowHeader(push);
  struct Mistake {
    std::function<void(RowHeader*)> make;
    std::string expected;
  };
  const std::vector<Mistake> mistakes = {
      {[](RowHeader* h) { h->magic = 1; }, "not a row message: its magic is 1"},
      {[](RowHeader* h) { h->version = 9; }, "protocol version 9, expected 3"},
      {[](RowHeader* h) { h->kind = RowKind{0}; }, "unknown kind 0"},
      {[](RowHeader* h) { h->kind = RowKind{6}; }, "unknown kind 6"},
      {[](RowHeader* h) { h->kind = RowKind::kPull; }, "pull with 3 rows"},
      {[](RowHeader* h) { h->count = 4; }, "with 4 rows of 16 floats"},
      {[](RowHeader* h) { h->count = 0xffffffff; }, "more than 1048576"},
      {[](RowHeader* h) { h->count = 1 << 20, h->row_floats = 0xffffffff; }, "more than a message's 268435456 bytes"},
      {[](RowHeader* h) { h->row_floats = 17; }, "of 17 floats"},
      {[](RowHeader* h) { h->kind = RowKind::kHello, h->text_bytes = 1 << 30; }, "bytes of text, more than 4096"},
  };
  for (const Mistake& mistake : mistakes) {
    RowHeader wrong = right;
    mistake.make(&wrong);
    EXPECT_THAT(RefusalOf(WithHeader(push, wrong)), HasSubstr(mistake.expected));
  }
}

TEST(MessagesTest, APullWhoseAnswerWouldBeTooLargeIsRefused) {
  const std::vector<uint64_t> keys(1 << 16);
  const Buffer pull = MakePull(MakeHeader(RowKind::kPull, /*row_floats=*/8192), keys);
  EXPECT_THAT(RefusalOf(pull), HasSubstr("more than a message's"));
}

TEST(MessagesTest, RandomBytesAreNeverARequest) {
  for (uint64_t trial = 0; trial < 2000; ++trial) {
    CounterRandom random(StreamKey(11, trial));
    Buffer noise(random.NextBelow(300));
    for (std::byte& byte : noise.span()) byte = static_cast<std::byte>(random.Next());
    EXPECT_FALSE(ParseRowRequest(noise).ok());
    EXPECT_FALSE(ParseRowAnswer(noise).ok());
  }
}

}  // namespace
}  // namespace shoal
