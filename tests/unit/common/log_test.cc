#include "common/log.h"

#include "gtest/gtest.h"

namespace shoal {
namespace {

std::string Captured(void (*log)()) {
  ::testing::internal::CaptureStderr();
  log();
  return ::testing::internal::GetCapturedStderr();
}

TEST(LogTest, ALineHasItsSeverityAndItsParts) {
  EXPECT_EQ(Captured([] { LogInfo("unit ", 7, " is done"); }), "unit 7 is done\n");
  EXPECT_EQ(Captured([] { LogWarning(std::string_view("slow")); }), "warning: slow\n");
  EXPECT_EQ(Captured([] { LogError("lost"); }), "error: lost\n");
}

TEST(LogTest, AQuietProgramStillWarns) {
  SetLogsInfo(false);
  EXPECT_EQ(Captured([] { LogInfo("unit ", 7, " is done"); }), "");
  EXPECT_EQ(Captured([] { LogWarning("slow"); }), "warning: slow\n");
  EXPECT_EQ(Captured([] { LogError("lost"); }), "error: lost\n");
  SetLogsInfo(true);
}

TEST(LogTest, TheRolesNameStandsBeforeEveryLine) {
  SetLogName("server 2");
  EXPECT_EQ(Captured([] { LogWarning("slow"); }), "server 2: warning: slow\n");
  SetLogName("");
}

}  // namespace
}  // namespace shoal
