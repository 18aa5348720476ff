#include "common/transport/backoff.h"

#include "gtest/gtest.h"

namespace shoal {
namespace {

constexpr absl::Duration kLong = absl::Hours(1);

Backoff AfterWaiting(absl::Duration waited) {
  Backoff backoff;
  backoff.Waited(waited);
  return backoff;
}

TEST(BackoffTest, YieldsAtFirst) {
  EXPECT_EQ(Backoff().NextPause(kLong), absl::ZeroDuration());
  EXPECT_EQ(AfterWaiting(absl::Microseconds(49)).NextPause(kLong), absl::ZeroDuration());
}

TEST(BackoffTest, SleepsForAQuarterOfTheTimeWaitedUpToItsLimit) {
  EXPECT_EQ(AfterWaiting(absl::Microseconds(60)).NextPause(kLong), absl::Microseconds(15));
  EXPECT_EQ(AfterWaiting(absl::Microseconds(400)).NextPause(kLong), absl::Microseconds(100));
  EXPECT_EQ(AfterWaiting(absl::Minutes(1)).NextPause(kLong), absl::Milliseconds(5));
}

TEST(BackoffTest, WatchesMoreCloselyWhatItIsReceivingAndSending) {
  EXPECT_EQ(AfterWaiting(absl::Microseconds(1999)).NextPause(kLong, Backoff::Watching::kReceive), absl::ZeroDuration());
  EXPECT_EQ(AfterWaiting(absl::Minutes(1)).NextPause(kLong, Backoff::Watching::kReceive), absl::Microseconds(500));
  EXPECT_EQ(AfterWaiting(absl::Minutes(1)).NextPause(kLong, Backoff::Watching::kSends), absl::Microseconds(200));
}

TEST(BackoffTest, ARoleThatHearsAHeartbeatFourTimesASecondWakesSomeThreeHundredTimes) {
  Backoff backoff;
  backoff.Waited(absl::Microseconds(50));
  int wakes = 0;
  for (absl::Duration waited; waited < absl::Milliseconds(250); ++wakes) {
    const absl::Duration pause = backoff.NextPause(kLong);
    backoff.Waited(pause);
    waited += pause;
  }
  EXPECT_LE(4 * wakes, 320);
}

TEST(BackoffTest, WhoExpectsOnlyControlSleepsFromTheStartButForWhatIsUnderWay) {
  const Backoff backoff(Backoff::Expecting::kControl);
  EXPECT_EQ(backoff.NextPause(kLong), absl::Microseconds(50));
  EXPECT_EQ(backoff.NextPause(absl::Microseconds(30)), absl::Microseconds(30));
  EXPECT_EQ(backoff.NextPause(kLong, Backoff::Watching::kReceive), absl::ZeroDuration());
  EXPECT_EQ(backoff.NextPause(kLong, Backoff::Watching::kSends), absl::ZeroDuration());
  Backoff later(Backoff::Expecting::kControl);
  later.Waited(absl::Milliseconds(1));
  EXPECT_EQ(later.NextPause(kLong), absl::Microseconds(500));
  later.Waited(absl::Minutes(1));
  EXPECT_EQ(later.NextPause(kLong), absl::Milliseconds(5));
}

TEST(BackoffTest, AResetMakesThePausesShortAgain) {
  Backoff backoff = AfterWaiting(absl::Seconds(9));
  backoff.Reset();
  EXPECT_EQ(backoff.NextPause(kLong), absl::ZeroDuration());
}

TEST(BackoffTest, NeverSleepsLongerThanRemains) {
  EXPECT_EQ(AfterWaiting(absl::Seconds(1)).NextPause(absl::Microseconds(30)), absl::Microseconds(30));
  EXPECT_EQ(AfterWaiting(absl::Seconds(1)).NextPause(-absl::Seconds(1)), absl::ZeroDuration());
}

}  // namespace
}  // namespace shoal
