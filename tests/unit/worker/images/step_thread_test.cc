#include "worker/images/step_thread.h"

#include <atomic>
#include <stdexcept>
#include <thread>

#include "gtest/gtest.h"

namespace shoal {
namespace {

TEST(StepThreadTest, WhatIsBegunRunsBesideAndItsOutcomeIsTakenOnce) {
  StepThread thread;
  std::atomic<bool> go = false;
  thread.Begin([&]() -> absl::Status {
    while (!go) std::this_thread::yield();
    return NotFound("no such thing");
  });
  EXPECT_FALSE(thread.Done(absl::Milliseconds(1)).has_value());
  go = true;
  EXPECT_EQ(thread.Done(absl::Seconds(10)), NotFound("no such thing"));
  EXPECT_FALSE(thread.Done(absl::ZeroDuration()).has_value());
}

TEST(StepThreadTest, AllStepsRunInOneThread) {
  StepThread thread;
  std::thread::id first, second;
  thread.Begin([&] { return first = std::this_thread::get_id(), absl::OkStatus(); });
  ASSERT_TRUE(thread.Done(absl::Seconds(10)).has_value());
  thread.Begin([&] { return second = std::this_thread::get_id(), absl::OkStatus(); });
  ASSERT_TRUE(thread.Done(absl::Seconds(10)).has_value());
  EXPECT_EQ(first, second);
  EXPECT_NE(first, std::this_thread::get_id());
}

TEST(StepThreadTest, AnExceptionIsAnError) {
  StepThread thread;
  thread.Begin([]() -> absl::Status { throw std::runtime_error("no memory for it"); });
  const auto outcome = thread.Done(absl::Seconds(10));
  ASSERT_TRUE(outcome.has_value());
  EXPECT_EQ(outcome->message(), "no memory for it");
}

TEST(StepThreadTest, ItsEndWaitsForWhatWasBegun) {
  std::atomic<bool> done = false;
  {
    StepThread thread;
    thread.Begin([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
      done = true;
      return absl::OkStatus();
    });
  }
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace shoal
