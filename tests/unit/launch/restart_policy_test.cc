#include "launch/restart_policy.h"

#include "common/status.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

const absl::Time kStart = absl::UnixEpoch();

job::Job JobOf(uint32_t max_restarts, double window = 3600) {
  job::Job job;
  job.set_max_restarts(max_restarts);
  job.set_restart_window_seconds(window);
  return job;
}

TEST(RestartPolicyTest, WaitsDoubleUpToTheLongest) {
  RestartPolicy policy(JobOf(20));
  EXPECT_EQ(*policy.After(kStart, ""), RestartPolicy::kFirstWait);
  EXPECT_EQ(*policy.After(kStart, ""), 2 * RestartPolicy::kFirstWait);
  EXPECT_EQ(*policy.After(kStart, ""), 4 * RestartPolicy::kFirstWait);
  for (int i = 0; i < 15; ++i) ASSERT_TRUE(policy.After(kStart, "").ok());
  EXPECT_EQ(*policy.After(kStart, ""), RestartPolicy::kLongestWait);
  EXPECT_EQ(policy.restarts(), 19u);
}

TEST(RestartPolicyTest, WithinAWindowNoMoreThanTheJobAllows) {
  RestartPolicy policy(JobOf(2, 100));
  EXPECT_TRUE(policy.After(kStart, "").ok());
  EXPECT_TRUE(policy.After(kStart + absl::Seconds(10), "").ok());
  EXPECT_THAT(std::string(ToStd(policy.After(kStart + absl::Seconds(99), "").status().message())),
              HasSubstr("started again 2 times within 1m40s, and max_restarts allows no more"));
  EXPECT_TRUE(policy.After(kStart + absl::Seconds(100), "").ok()) << "the first is out of the window";
}

TEST(RestartPolicyTest, NoneAfterTheThirdDeathAtOnePlace) {
  RestartPolicy policy(JobOf(100));
  EXPECT_TRUE(policy.After(kStart, "in unit 7").ok());
  EXPECT_TRUE(policy.After(kStart, "in unit 8").ok());
  EXPECT_TRUE(policy.After(kStart, "in unit 7").ok());
  EXPECT_EQ(ToStd(policy.After(kStart, "in unit 7").status().message()),
            "it died 3 times in unit 7, and is not started again");
}

TEST(RestartPolicyTest, ZeroMeansNever) {
  EXPECT_THAT(std::string(ToStd(RestartPolicy(JobOf(0)).After(kStart, "").status().message())),
              HasSubstr("max_restarts is 0"));
}

}  // namespace
}  // namespace shoal
