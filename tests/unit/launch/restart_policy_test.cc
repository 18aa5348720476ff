#include "launch/restart_policy.h"

#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

const absl::Time kStart = absl::UnixEpoch();

// Each life got further than the one before.
uint64_t Newer() {
  static uint64_t checkpoint = 0;
  return ++checkpoint;
}

job::Job JobOf(uint32_t max_restarts, double window = 3600) {
  job::Job job;
  job.set_max_restarts(max_restarts);
  job.set_restart_window_seconds(window);
  return job;
}

TEST(RestartPolicyTest, WaitsDoubleUpToTheLongestUntilAJobGetsOn) {
  RestartPolicy policy(JobOf(50));
  EXPECT_EQ(*policy.After(kStart, "", 1), RestartPolicy::kFirstWait);
  EXPECT_EQ(*policy.After(kStart, "", 1), 2 * RestartPolicy::kFirstWait);
  EXPECT_EQ(*policy.After(kStart, "", 1), 4 * RestartPolicy::kFirstWait);
  for (int i = 0; i < 15; ++i) ASSERT_TRUE(policy.After(kStart, "", 1).ok());
  EXPECT_EQ(*policy.After(kStart, "", 1), RestartPolicy::kLongestWait);
  EXPECT_EQ(policy.restarts(), 19u);
  EXPECT_EQ(*policy.After(kStart, "", 2), RestartPolicy::kFirstWait);
}

TEST(RestartPolicyTest, WithinAWindowNoMoreThanTheJobAllows) {
  RestartPolicy policy(JobOf(2, 100));
  EXPECT_TRUE(policy.After(kStart, "", Newer()).ok());
  EXPECT_TRUE(policy.After(kStart + absl::Seconds(10), "", Newer()).ok());
  EXPECT_THAT(std::string(ToStd(policy.After(kStart + absl::Seconds(99), "", Newer()).status().message())),
              HasSubstr("started again 2 times within 1m40s, and max_restarts allows no more"));
  EXPECT_TRUE(policy.After(kStart + absl::Seconds(100), "", Newer()).ok()) << "the first is out of the window";
}

TEST(RestartPolicyTest, NoneAfterTheThirdDeathAtOnePlaceWithoutProgress) {
  RestartPolicy policy(JobOf(100));
  EXPECT_TRUE(policy.After(kStart, "in unit 7", 5).ok());
  EXPECT_TRUE(policy.After(kStart, "in unit 8", 5).ok());
  EXPECT_TRUE(policy.After(kStart, "in unit 7", 5).ok());
  EXPECT_EQ(ToStd(policy.After(kStart, "in unit 7", 5).status().message()),
            "it died 3 times in unit 7, and is not started again");
}

TEST(RestartPolicyTest, DeathsAtOnePlaceOfAJobThatGetsOnAreForgotten) {
  RestartPolicy policy(JobOf(100));
  for (uint64_t checkpoint = 1; checkpoint < 20; ++checkpoint) {
    EXPECT_TRUE(policy.After(kStart, "before it trained anything", checkpoint).ok());
  }
}

TEST(RestartPolicyTest, NoneForAJobThatNeverGetsOnHoweverSlowlyItDies) {
  RestartPolicy policy(JobOf(4, 100));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(policy.After(kStart + absl::Hours(i), "", 3).ok());
  EXPECT_THAT(std::string(ToStd(policy.After(kStart + absl::Hours(4), "", 3).status().message())),
              HasSubstr("it died 5 times in a row without a newer checkpoint"));
}

TEST(RestartPolicyTest, ZeroMeansNever) {
  EXPECT_THAT(std::string(ToStd(RestartPolicy(JobOf(0)).After(kStart, "", Newer()).status().message())),
              HasSubstr("max_restarts is 0"));
}

}  // namespace
}  // namespace shoal
