#include "launch/run_result.h"

#include <gtest/gtest.h>

#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

TEST(RunResultTest, WhatTheCoordinatorWroteIsRead) {
  const TemporaryFolder output;
  output.Write("result.json", R"({"status":"failed","reason":"worker 1 is dead","words":5,"seconds":2,
                                  "words_per_second":2.5,"loss":1.5,"seconds_by_phase":{"train":1,"prepare":3},
                                  "worker_seconds_by_phase":{"compute":4},"version":"9","of a later version":[{}]})");
  const auto result = RunResult::Read(output.path());
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->done);
  EXPECT_EQ(result->reason, "worker 1 is dead");
  EXPECT_EQ(result->words_per_second, 2.5);
  EXPECT_EQ(result->seconds_by_phase.front(), std::make_pair(std::string("prepare"), 3.0));
  EXPECT_EQ(result->worker_seconds_by_phase.size(), 1u);
}

TEST(RunResultTest, AMissingOrBrokenResultIsToldByItsPath) {
  const TemporaryFolder output;
  EXPECT_EQ(RunResult::Read(output.path()).status().code(), absl::StatusCode::kNotFound);
  output.Write("result.json", "{\"status\":");
  const auto broken = RunResult::Read(output.path());
  EXPECT_EQ(broken.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(std::string(broken.status().message()).rfind(output.path() + "/result.json is not a JSON object", 0), 0u);
}

}  // namespace
}  // namespace shoal
