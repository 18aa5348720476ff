#include "worker/collective/byte_exchange.h"

#include <thread>

#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "worker/collective/in_process_collective.h"

namespace shoal {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;

// Runs `body` as each of `size` workers, and returns what each got.
template <typename Result, typename Body>
std::vector<Result> OnWorkers(int size, const Body& body) {
  InProcessCollectiveGroup group(size, absl::Seconds(20));
  std::vector<Result> results(size);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] { results[rank] = body(group.member(rank).get()).value(); });
  }
  for (std::thread& thread : threads) thread.join();
  return results;
}

std::string AllBytes() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes.push_back(static_cast<char>(byte));
  return bytes;
}

TEST(ByteExchangeTest, ABroadcastCarriesEachByteExactly) {
  const auto got = OnWorkers<std::string>(3, [](Collective* workers) {
    return BroadcastBytes(workers, workers->rank() == 1 ? AllBytes() : "", 256, /*root=*/1);
  });
  EXPECT_THAT(got, Each(AllBytes()));
}

TEST(ByteExchangeTest, AGatherIsByRankAndKeepsLengthsButForWhatIsOverTheLimit) {
  const std::vector<std::string> own = {"", std::string("a\0b", 3), "longer than the limit"};
  const auto got = OnWorkers<std::vector<std::string>>(
      3, [&](Collective* workers) { return GatherBytes(workers, own[workers->rank()], 10); });
  EXPECT_THAT(got, Each(ElementsAre("", std::string("a\0b", 3), "longer tha")));
}

}  // namespace
}  // namespace shoal
