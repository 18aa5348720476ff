#include "common/transport/backoff.h"

#include "gtest/gtest.h"

namespace shoal {
namespace {

const absl::Time kStart = absl::UnixEpoch();
const absl::Time kFarAway = kStart + absl::Hours(1);

TEST(BackoffTest, YieldsRightAfterSomethingWasFound) {
  const Backoff backoff(kStart);
  EXPECT_EQ(backoff.PauseAt(kStart, kFarAway), absl::ZeroDuration());
  EXPECT_EQ(backoff.PauseAt(kStart + absl::Microseconds(49), kFarAway), absl::ZeroDuration());
}

TEST(BackoffTest, SleepsForAQuarterOfTheTimeWaitedUpToItsLimit) {
  const Backoff backoff(kStart);
  EXPECT_EQ(backoff.PauseAt(kStart + absl::Microseconds(60), kFarAway), absl::Microseconds(15));
  EXPECT_EQ(backoff.PauseAt(kStart + absl::Microseconds(400), kFarAway), absl::Microseconds(100));
  EXPECT_EQ(backoff.PauseAt(kStart + absl::Minutes(1), kFarAway), Backoff::kLongestSleep);
}

TEST(BackoffTest, ARoleThatHearsAHeartbeatFourTimesASecondWakesAtMostSixHundredTimes) {
  const Backoff backoff(kStart);
  int wakes = 0;
  for (absl::Time now = kStart + Backoff::kYieldFor; now < kStart + absl::Milliseconds(250); ++wakes) {
    now += backoff.PauseAt(now, kFarAway);
  }
  EXPECT_LE(4 * wakes, 600);
}

TEST(BackoffTest, AFindMakesThePausesShortAgain) {
  Backoff backoff(kStart);
  backoff.Found(kStart + absl::Seconds(9));
  EXPECT_EQ(backoff.PauseAt(kStart + absl::Seconds(9), kFarAway), absl::ZeroDuration());
}

TEST(BackoffTest, NeverSleepsPastTheDeadline) {
  const Backoff backoff(kStart);
  const absl::Time now = kStart + absl::Seconds(1);
  EXPECT_EQ(backoff.PauseAt(now, now + absl::Microseconds(30)), absl::Microseconds(30));
  EXPECT_EQ(backoff.PauseAt(now, now - absl::Seconds(1)), absl::ZeroDuration());
}

}  // namespace
}  // namespace shoal
