#include "worker/collective/collective.h"

#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "worker/collective/in_process_collective.h"

namespace shoal {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Runs `body` as each of `size` workers at once and returns how each ended.
template <typename Body>
std::vector<absl::Status> OnWorkers(int size, absl::Duration timeout, const Body& body) {
  InProcessCollectiveGroup group(size, timeout);
  std::vector<absl::Status> ends(size);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] { ends[rank] = body(*group.member(rank)); });
  }
  for (std::thread& thread : threads) thread.join();
  return ends;
}

TEST(CollectiveTest, EveryWorkerGetsTheSameSumOfAll) {
  std::vector<std::vector<float>> values = {{1, 10}, {2, 20}, {4, 40}};
  const auto ends =
      OnWorkers(3, absl::Seconds(10), [&](Collective& workers) { return workers.AllReduce(values[workers.rank()]); });
  EXPECT_THAT(ends, Each(absl::OkStatus()));
  EXPECT_THAT(values, Each(ElementsAre(7, 70)));
}

TEST(CollectiveTest, AGatherIsInTheOrderOfTheRanks) {
  std::vector<std::vector<float>> all(3, std::vector<float>(6));
  const auto ends = OnWorkers(3, absl::Seconds(10), [&](Collective& workers) {
    const float rank = static_cast<float>(workers.rank());
    return workers.AllGather(std::vector<float>{rank, rank + 0.5f}, all[workers.rank()]);
  });
  EXPECT_THAT(ends, Each(absl::OkStatus()));
  EXPECT_THAT(all, Each(ElementsAre(0, 0.5f, 1, 1.5f, 2, 2.5f)));
}

TEST(CollectiveTest, ABroadcastGivesAllWhatTheRootHas) {
  std::vector<std::vector<float>> values = {{1}, {2}, {4}};
  OnWorkers(3, absl::Seconds(10), [&](Collective& workers) { return workers.Broadcast(values[workers.rank()], 1); });
  EXPECT_THAT(values, Each(ElementsAre(2)));
}

TEST(CollectiveTest, CallAfterCallTheWorkersStayInStep) {
  std::vector<std::vector<float>> values(2, std::vector<float>{1});
  const auto ends = OnWorkers(2, absl::Seconds(10), [&](Collective& workers) {
    for (int i = 0; i < 100; ++i) {
      if (const absl::Status status = workers.AllReduce(values[workers.rank()]); !status.ok()) return status;
      values[workers.rank()][0] /= 2;
      if (const absl::Status status = workers.Barrier(); !status.ok()) return status;
    }
    return absl::OkStatus();
  });
  EXPECT_THAT(ends, Each(absl::OkStatus()));
  EXPECT_THAT(values, Each(ElementsAre(1)));
}

TEST(CollectiveTest, AWorkerThatDoesNotComeIsWaitedForUntilTheDeadlineAndNotLonger) {
  const auto ends = OnWorkers(2, absl::Milliseconds(50), [](Collective& workers) {
    return workers.rank() == 0 ? absl::OkStatus() : workers.Barrier();
  });
  EXPECT_EQ(ends[1].code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_THAT(std::string(ends[1].message()), HasSubstr("worker 1 waited for 1 of 2 workers"));
}

TEST(CollectiveTest, AnAbortEndsTheOthersWaitAtOnce) {
  const auto ends = OnWorkers(2, absl::Minutes(5), [](Collective& workers) {
    if (workers.rank() == 1) return workers.Barrier();
    workers.Abort();
    return absl::OkStatus();
  });
  EXPECT_EQ(ends[1].code(), absl::StatusCode::kAborted);
}

TEST(CollectiveTest, AWorkerAloneHasItsOwnValues) {
  const auto alone = MakeCollectiveOfOne();
  std::vector<float> values = {3, 4}, all(2);
  EXPECT_TRUE(alone->AllReduce(values).ok());
  EXPECT_TRUE(alone->AllGather(values, all).ok());
  EXPECT_THAT(all, ElementsAre(3, 4));
  alone->Abort();
  EXPECT_EQ(alone->AllReduce(values).code(), absl::StatusCode::kAborted);
}

}  // namespace
}  // namespace shoal
