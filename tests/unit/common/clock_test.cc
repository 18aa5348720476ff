#include "common/clock.h"

#include "gtest/gtest.h"

namespace shoal {
namespace {

TEST(ClockTest, TheRealClockNeverGoesBack) {
  absl::Time last = Clock::Real().Now();
  for (int i = 0; i < 10000; ++i) {
    const absl::Time now = Clock::Real().Now();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(ClockTest, ASleepLastsAtLeastAsLongAsAsked) {
  const absl::Time start = Clock::Real().Now();
  Clock::Real().SleepFor(absl::Milliseconds(3));
  EXPECT_GE(Clock::Real().Now() - start, absl::Milliseconds(3));
}

}  // namespace
}  // namespace shoal
