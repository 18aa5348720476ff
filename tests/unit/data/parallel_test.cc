#include "data/parallel.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <set>
#include <string>
#include <thread>

#include "common/status.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

// Of some threads, all but one wait until they are stopped.
class Waiters {
 public:
  // The first thread that comes goes on at once, when the others wait.
  void Wait(int threads) {
    std::unique_lock lock(mutex_);
    if (first_) {
      first_ = false;
      changed_.wait(lock, [&] { return waiting_ == threads - 1; });
      return;
    }
    ++waiting_;
    changed_.notify_all();
    changed_.wait(lock, [this] { return stopped_; });
  }
  void Stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    changed_.notify_all();
  }
  bool stopped() {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool first_ = true;
  int waiting_ = 0;
  bool stopped_ = false;
};

TEST(RunOnThreadsTest, TheBodyRunsOnceOnEachThread) {
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::atomic<int> runs = 0, stops = 0;
  const auto body = [&] {
    ++runs;
    const std::lock_guard lock(mutex);
    threads.insert(std::this_thread::get_id());
    return absl::OkStatus();
  };
  EXPECT_TRUE(RunOnThreads(4, body, [&] { ++stops; }).ok());
  EXPECT_EQ(runs, 4);
  EXPECT_EQ(threads.size(), 4u);
  EXPECT_EQ(threads.count(std::this_thread::get_id()), 1u);
  EXPECT_EQ(stops, 0);
}

TEST(RunOnThreadsTest, AnErrorStopsTheThreadsThatWaitForItsOwn) {
  Waiters waiters;
  const auto body = [&]() -> absl::Status {
    waiters.Wait(4);
    return waiters.stopped() ? absl::OkStatus() : DataLoss("chunk 7 is damaged");
  };
  const absl::Status status = RunOnThreads(4, body, [&] { waiters.Stop(); });
  EXPECT_EQ(std::string(status.message()), "chunk 7 is damaged");
}

TEST(RunOnThreadsTest, OutOfMemoryIsAnErrorThatStopsTheOthersToo) {
  Waiters waiters;
  const auto body = [&]() -> absl::Status {
    waiters.Wait(3);
    if (!waiters.stopped()) throw std::bad_alloc();
    return absl::OkStatus();
  };
  const absl::Status status = RunOnThreads(3, body, [&] { waiters.Stop(); });
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
}

TEST(ThreadsToUseTest, ZeroMeansAsManyAsThisProcessHasCores) {
  EXPECT_EQ(ThreadsToUse(3), 3u);
  EXPECT_GE(ThreadsToUse(0), 1u);
}

}  // namespace
}  // namespace shoal
