#include "common/host.h"

#include "common/text.h"
#include "common/version.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

TEST(HostTest, TheIdIsTheBootsAndTheNamesAndStaysTheSame) {
  EXPECT_THAT(HostId(), ::testing::MatchesRegex("[0-9a-f-]{36}/.+"));
  EXPECT_THAT(HostId(), ::testing::EndsWith(Cat("/", HostName())));
  EXPECT_EQ(HostId(), HostId());
}

TEST(VersionTest, TellsNumberAndCompiler) {
  EXPECT_THAT(std::string(Version()), ::testing::MatchesRegex("[0-9]+\\.[0-9]+\\.[0-9]+"));
  EXPECT_THAT(std::string(Compiler()), ::testing::MatchesRegex("(GNU|Clang) [0-9.]+"));
}

}  // namespace
}  // namespace shoal
