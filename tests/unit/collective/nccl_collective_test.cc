#include "worker/collective/nccl_collective.h"

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "common/clock.h"
#include "common/random.h"
#include "common/status.h"
#include "common/text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_gpus.h"
#include "worker/collective/in_process_collective.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::Truly;

using Floats = std::vector<float>;

FakeGpuSettings Gpus(int number, std::map<int, FakeNcclWorker> workers = {}) {
  FakeGpuSettings settings{.workers = std::move(workers)};
  for (int gpu = 0; gpu < number; ++gpu) settings.bus_ids.push_back(Cat("0000:", gpu, "b:00.0"));
  return settings;
}

// What a test that expects an end by an error waits for at most.
NcclSettings Impatient() {
  return {.timeout = absl::Milliseconds(100),
          .join_timeout = absl::Milliseconds(100),
          .leave_timeout = absl::Milliseconds(100)};
}

// Runs `body` as each of `size` threads at once and returns how each ended.
template <typename Body>
std::vector<absl::Status> OnThreads(int size, const Body& body) {
  std::vector<absl::Status> ends(size);
  std::vector<std::thread> threads;
  for (int rank = 0; rank < size; ++rank) {
    threads.emplace_back([&, rank] { ends[rank] = body(rank); });
  }
  for (std::thread& thread : threads) thread.join();
  return ends;
}

// Runs `body` as each of `size` workers at once, worker r on GPU r, and returns how each ended.
template <typename Body>
std::vector<absl::Status> OnGpus(int size, const NcclSettings& settings, const Body& body) {
  InProcessCollectiveGroup bootstrap(size, absl::Seconds(60));
  return OnThreads(size, [&](int rank) -> absl::Status {
    NcclSettings own = settings;
    own.device = rank;
    const auto collective = MakeNcclCollective(bootstrap.member(rank).get(), own);
    return collective.ok() ? body(**collective) : collective.status();
  });
}

absl::Status Nothing(Collective&) { return absl::OkStatus(); }

std::string Text(const absl::Status& status) { return std::string(status.message()); }

Floats RandomFloats(uint64_t key, size_t size) {
  CounterRandom random(key);
  Floats floats(size);
  for (float& value : floats) value = random.NextFloat() - 0.5f;
  return floats;
}

// What a worker has after a sum, a gather and a broadcast of its own random values.
absl::StatusOr<Floats> AllOfIt(Collective& workers, size_t size) {
  Floats sum = RandomFloats(workers.rank(), size), gathered(size * workers.size());
  RETURN_IF_ERROR(workers.AllGather(sum, gathered));
  Floats broadcast = RandomFloats(100 + workers.rank(), size);
  RETURN_IF_ERROR(workers.Broadcast(broadcast, workers.size() - 1));
  RETURN_IF_ERROR(workers.AllReduce(sum));
  RETURN_IF_ERROR(workers.Barrier());
  sum.insert(sum.end(), gathered.begin(), gathered.end());
  sum.insert(sum.end(), broadcast.begin(), broadcast.end());
  return sum;
}

TEST(NcclCollectiveTest, SumsGathersAndBroadcastsAreThoseOfTheCollectiveInOneProcess) {
  constexpr int kWorkers = 4;
  const FakeGpus gpus(Gpus(kWorkers));
  for (const size_t size : {1, 7, 1000}) {
    std::vector<Floats> expected(kWorkers), got(kWorkers);
    InProcessCollectiveGroup group(kWorkers, absl::Seconds(60));
    OnThreads(kWorkers, [&](int rank) {
      expected[rank] = AllOfIt(*group.member(rank), size).value();
      return absl::OkStatus();
    });
    const auto ends = OnGpus(kWorkers, {}, [&](Collective& workers) -> absl::Status {
      ASSIGN_OR_RETURN(got[workers.rank()], AllOfIt(workers, size));
      return absl::OkStatus();
    });
    EXPECT_THAT(ends, Each(absl::OkStatus()));
    EXPECT_EQ(got, expected);
  }
}

TEST(NcclCollectiveTest, ABarrierEndsWhenTheLastWorkerHasCome) {
  const FakeGpus gpus(Gpus(3));
  std::atomic<int> came = 0;
  const auto ends = OnGpus(3, {}, [&](Collective& workers) {
    if (workers.rank() == 1) Clock::Real().SleepFor(absl::Milliseconds(50));
    ++came;
    const absl::Status end = workers.Barrier();
    EXPECT_EQ(came, 3);
    return end;
  });
  EXPECT_THAT(ends, Each(absl::OkStatus()));
}

TEST(NcclCollectiveTest, ManySumsMayBeStartedAndAllWorkersMakeThemInOneOrder) {
  constexpr int kSums = 1000;
  const FakeGpus gpus(Gpus(2));
  std::vector<std::vector<Floats>> sums(2);
  const auto ends = OnGpus(2, {}, [&](Collective& workers) -> absl::Status {
    auto& own = sums[workers.rank()];
    for (int i = 0; i < kSums; ++i) own.emplace_back(1 + i % 5, static_cast<float>(i + workers.rank()));
    for (Floats& values : own) RETURN_IF_ERROR(workers.StartAllReduce(values));
    return workers.Wait();
  });
  EXPECT_THAT(ends, Each(absl::OkStatus()));
  for (int i = 0; i < kSums; ++i) EXPECT_THAT(sums[1][i], Each(2.0f * i + 1)) << i;
  EXPECT_EQ(gpus.CallsOf(0), gpus.CallsOf(1));
  EXPECT_EQ(gpus.CallsOf(0)[1 + 7], "ncclAllReduce 3");
}

TEST(NcclCollectiveTest, NoMoreSumsAreUnderWayThanCudaQueuesWithoutBlocking) {
  const FakeGpus gpus(Gpus(2, {{1, {.hanging_call = 0}}}));
  std::vector<int> started(2);
  const auto ends = OnGpus(2, Impatient(), [&](Collective& workers) -> absl::Status {
    Floats values(1);
    for (int& of = started[workers.rank()]; of < 1000; ++of) RETURN_IF_ERROR(workers.StartAllReduce(values));
    return absl::OkStatus();
  });
  EXPECT_THAT(ends, Each(Not(absl::OkStatus())));
  EXPECT_LE(started[0], 500);
}

TEST(NcclCollectiveTest, ASumTakesWhatIsStillBeingComputedWhicheverThreadStartsIt) {
  const FakeGpus gpus(Gpus(2));
  std::vector<Floats> values(2, Floats(3, -1));
  const auto ends = OnGpus(2, {}, [&](Collective& workers) -> absl::Status {
    Floats& own = values[workers.rank()];
    FakeGpus::Put(nullptr, [&own] {
      Clock::Real().SleepFor(absl::Milliseconds(50));
      own.assign(3, 1);
    });
    absl::Status started;
    std::thread([&] { started = workers.StartAllReduce(own); }).join();
    RETURN_IF_ERROR(started);
    return workers.Wait();
  });
  EXPECT_THAT(ends, Each(absl::OkStatus()));
  EXPECT_THAT(values, Each(Each(2)));
}

TEST(NcclCollectiveTest, AFirstCallThatNcclIsStillConnectingForIsWaitedForLikeAnyOther) {
  const FakeGpus gpus(Gpus(2, {{0, {.looks_until_enqueued = 20}}, {1, {.looks_until_enqueued = 5}}}));
  std::vector<Floats> values(2, Floats(3, 1));
  const auto ends = OnGpus(2, {}, [&](Collective& workers) -> absl::Status {
    RETURN_IF_ERROR(workers.StartAllReduce(values[workers.rank()]));
    RETURN_IF_ERROR(workers.StartAllReduce(values[workers.rank()]));
    return workers.Wait();
  });
  EXPECT_THAT(ends, Each(absl::OkStatus()));
  EXPECT_THAT(values, Each(Each(4)));
}

TEST(NcclCollectiveTest, AWaitLeavesNoCudaErrorToTheNextKernelsOwner) {
  const FakeGpus gpus(Gpus(2));
  const auto ends = OnGpus(2, {}, [&](Collective& workers) -> absl::Status {
    if (workers.rank() == 1) Clock::Real().SleepFor(absl::Milliseconds(50));
    RETURN_IF_ERROR(workers.Barrier());
    EXPECT_EQ(cudaGetLastError(), cudaSuccess);
    return absl::OkStatus();
  });
  EXPECT_THAT(ends, Each(absl::OkStatus()));
}

TEST(NcclCollectiveTest, AGatherIntoTheWrongSpaceIsRefusedWithoutACall) {
  const FakeGpus gpus(Gpus(1));
  const auto ends = OnGpus(1, {}, [&](Collective& workers) {
    Floats mine(3), all(4);
    return workers.AllGather(mine, all);
  });
  EXPECT_THAT(Text(ends[0]), HasSubstr("all-gather of 3 floats of 1 workers into 4"));
  EXPECT_THAT(gpus.CallsOf(0), Not(Contains("ncclAllGather 3")));
}

TEST(NcclCollectiveTest, AtTheEndWorkersLeaveInPeaceAndGiveAllBack) {
  const FakeGpus gpus(Gpus(2));
  const auto ends = OnGpus(2, {}, [](Collective& workers) { return workers.Barrier(); });
  EXPECT_THAT(ends, Each(absl::OkStatus()));
  EXPECT_THAT(gpus.CallsOf(1),
              ElementsAre("ncclCommInitRankConfig", "ncclAllReduce 1", "ncclCommFinalize", "ncclCommDestroy"));
  EXPECT_EQ(gpus.Held(), 0);
}

// Joining.

TEST(NcclCollectiveTest, WorkersOnOneGpuAreRefusedInWordsBeforeNcclIsAsked) {
  FakeGpuSettings settings = Gpus(3);
  settings.bus_ids[2] = settings.bus_ids[0];
  const FakeGpus gpus(settings);
  for (const absl::Status& end : OnGpus(3, {}, &Nothing)) {
    EXPECT_TRUE(absl::IsFailedPrecondition(end)) << end;
    EXPECT_THAT(Text(end), AllOf(HasSubstr("workers 0, 2 are on one GPU, 0000:0b:00.0 of host"),
                                 HasSubstr("start at most as many there as it has GPUs")));
  }
  EXPECT_THAT(gpus.CallsOf(0), IsEmpty());
  EXPECT_EQ(gpus.Held(), 0);
}

TEST(NcclCollectiveTest, AWorkerWithoutAGpuIsNamedToAllWithTheCure) {
  const FakeGpus gpus(Gpus(2));
  for (const absl::Status& end : OnGpus(3, {}, &Nothing)) {
    EXPECT_TRUE(absl::IsFailedPrecondition(end)) << end;
    EXPECT_THAT(Text(end), AllOf(HasSubstr("worker 2 on host"), HasSubstr("GPU 2 is asked for, and there are 2"),
                                 HasSubstr("as many workers on a host as it has GPUs")));
  }
}

TEST(NcclCollectiveTest, AHostWithoutGpusIsToldSo) {
  const FakeGpus gpus(Gpus(0));
  EXPECT_THAT(Text(OnGpus(1, {}, &Nothing)[0]),
              AllOf(HasSubstr("worker 0 on host"), HasSubstr("no GPU: no CUDA-capable device is detected"),
                    HasSubstr("Compute on the CPU")));
}

TEST(NcclCollectiveTest, WhoseJoiningFailsIsNamedToAllThatWaitedForItWithNcclsReason) {
  const FakeGpus gpus(Gpus(3, {{2, {.join_failure = "socketStartConnect: connection refused"}}}));
  for (const absl::Status& end : OnGpus(3, Impatient(), &Nothing)) {
    EXPECT_TRUE(absl::IsInternal(end)) << end;
    EXPECT_THAT(Text(end), AllOf(HasSubstr("1 of 3 workers did not join"), HasSubstr("worker 2 of 3: "),
                                 HasSubstr("ncclCommInitRankConfig: unhandled system error"),
                                 HasSubstr("connection refused"), HasSubstr("NCCL_SOCKET_IFNAME")));
  }
  EXPECT_THAT(gpus.CallsOf(0), ElementsAre("ncclCommInitRankConfig", "ncclCommAbort"));
  EXPECT_EQ(gpus.Held(), 0);
}

TEST(NcclCollectiveTest, AJoiningThatHangsEndsAtItsDeadlineForAll) {
  const FakeGpus gpus(Gpus(2, {{1, {.never_joins = true}}}));
  const absl::Time start = Clock::Real().Now();
  for (const absl::Status& end : OnGpus(2, Impatient(), &Nothing)) {
    EXPECT_TRUE(absl::IsDeadlineExceeded(end)) << end;
    EXPECT_THAT(Text(end), AllOf(HasSubstr("2 of 2 workers waited in vain"), HasSubstr("NCCL_SOCKET_IFNAME")));
  }
  EXPECT_LT(Clock::Real().Now() - start, absl::Seconds(20));
  EXPECT_EQ(gpus.Held(), 0);
}

TEST(NcclCollectiveTest, AWorkerThatNeverComesIsWaitedForAsLongAsTheOthersMeetingPlaceHasIt) {
  const FakeGpus gpus(Gpus(3));
  InProcessCollectiveGroup bootstrap(3, absl::Milliseconds(100));
  const auto ends = OnThreads(
      2, [&](int rank) { return MakeNcclCollective(bootstrap.member(rank).get(), {.device = rank}).status(); });
  EXPECT_THAT(ends, Contains(Truly(absl::IsDeadlineExceeded)));
  for (const absl::Status& end : ends) EXPECT_THAT(Text(end), HasSubstr("the workers' GPUs: "));
}

// Errors, deadlines, Abort.

TEST(NcclCollectiveTest, AnErrorBehindACallIsToldInNcclsWordsWithWhoAndWhatToDo) {
  const FakeGpus gpus(Gpus(2, {{1, {.failing_call = 1, .failure = "Message truncated : received 4 bytes"}}}));
  NcclSettings patient{.leave_timeout = absl::Seconds(1)};
  const auto ends = OnGpus(2, patient, [](Collective& workers) -> absl::Status {
    Floats values(8);
    RETURN_IF_ERROR(workers.AllReduce(values));
    return workers.AllReduce(values);
  });
  EXPECT_TRUE(absl::IsInternal(ends[1])) << ends[1];
  EXPECT_THAT(Text(ends[1]),
              AllOf(HasSubstr("worker 1 of 2: an all-reduce: "), HasSubstr("unhandled system error"),
                    HasSubstr("Message truncated : received 4 bytes"), HasSubstr("NCCL_DEBUG=INFO tells more")));
}

TEST(NcclCollectiveTest, APeerThatIsLostEndsASumInWords) {
  const FakeGpus gpus(Gpus(2));
  const auto ends = OnGpus(2, {}, [](Collective& workers) {
    Floats values(8);
    if (workers.rank() == 0) return workers.AllReduce(values);
    Clock::Real().SleepFor(absl::Milliseconds(50));
    workers.Abort();
    return workers.Wait();
  });
  EXPECT_TRUE(absl::IsUnavailable(ends[0])) << ends[0];
  EXPECT_THAT(Text(ends[0]), AllOf(HasSubstr("worker 0 of 2: an all-reduce: remote process exited"),
                                   HasSubstr("connection closed by rank 1"), HasSubstr("Another worker went away")));
  EXPECT_EQ(gpus.Held(), 0);
}

TEST(NcclCollectiveTest, AHangEndsAtTheDeadlineAndTheCollectiveWithIt) {
  const FakeGpus gpus(Gpus(2, {{1, {.hanging_call = 0}}}));
  Floats values(8, 1);
  const auto ends = OnGpus(2, Impatient(), [&](Collective& workers) {
    if (workers.rank() == 1) Clock::Real().SleepFor(absl::Milliseconds(300));
    Floats other(8);
    const absl::Status first = workers.AllReduce(workers.rank() == 0 ? values : other);
    EXPECT_EQ(workers.Barrier(), first);
    EXPECT_EQ(workers.StartAllReduce(other), first);
    EXPECT_EQ(workers.Wait(), first);
    return first;
  });
  EXPECT_TRUE(absl::IsDeadlineExceeded(ends[0])) << ends[0];
  EXPECT_THAT(Text(ends[0]), HasSubstr("worker 0 waited 100ms in an all-reduce for the other 1 workers"));
  EXPECT_THAT(values, Each(1));
  EXPECT_EQ(gpus.Held(), 0);
}

TEST(NcclCollectiveTest, AnAbortEndsAWaitAtOnce) {
  const FakeGpus gpus(Gpus(2, {{1, {.hanging_call = 0}}}));
  const absl::Time start = Clock::Real().Now();
  const auto ends = OnGpus(2, {}, [](Collective& workers) {
    std::thread stopper([&workers] {
      Clock::Real().SleepFor(absl::Milliseconds(50));
      workers.Abort();
    });
    const absl::Status end = workers.Barrier();
    stopper.join();
    return end;
  });
  EXPECT_LT(Clock::Real().Now() - start, absl::Seconds(20));
  EXPECT_THAT(ends, Contains(Truly(absl::IsAborted)));
  for (const absl::Status& end : ends) EXPECT_THAT(Text(end), HasSubstr("a barrier"));
}

TEST(NcclCollectiveTest, WhatNcclDoesNotLetGoOfIsLeftAndNobodyHangs) {
  const FakeGpus gpus(Gpus(1, {{0, {.hanging_call = 0, .abort_hangs = true}}}));
  const auto ends = OnGpus(1, Impatient(), [](Collective& workers) { return workers.Barrier(); });
  EXPECT_TRUE(absl::IsDeadlineExceeded(ends[0])) << ends[0];
  EXPECT_EQ(gpus.Held(), 5);  // The communicator, its stream, two events, a float.
}

TEST(NcclCollectiveTest, APeerThatStaysIsNotWaitedForLongerThanLeavingMayTake) {
  const FakeGpus gpus(Gpus(2));
  const auto ends = OnGpus(2, Impatient(), [&](Collective& workers) {
    if (workers.rank() == 1) Clock::Real().SleepFor(absl::Milliseconds(500));
    return absl::OkStatus();
  });
  EXPECT_THAT(ends, Each(absl::OkStatus()));
  EXPECT_THAT(gpus.CallsOf(0), ElementsAre("ncclCommInitRankConfig", "ncclCommFinalize", "ncclCommAbort"));
  EXPECT_EQ(gpus.Held(), 0);
}

}  // namespace
}  // namespace shoal
