#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "worker/collective/nccl_collective.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;

TEST(NcclBuildTest, WhereNoGpuCanBeUsedTheErrorSaysWhyAndWhatToDo) {
  const auto alone = MakeCollectiveOfOne();
  const auto collective = MakeNcclCollective(alone.get(), {});
  if (collective.ok()) GTEST_SKIP() << "this build has NCCL and this machine a GPU";
  EXPECT_TRUE(absl::IsFailedPrecondition(collective.status())) << collective.status();
  EXPECT_THAT(std::string(collective.status().message()),
              AnyOf(AllOf(HasSubstr("worker 0 on host"), HasSubstr("no GPU: "), HasSubstr("Compute on the CPU, or")),
                    AllOf(HasSubstr("this build has no NCCL"), HasSubstr("compute on the CPU, or install"))));
}

TEST(NcclBuildTest, AWorkerAloneHasSumsAndGathersOfItsOwnOnItsGpu) {
  const auto alone = MakeCollectiveOfOne();
  const auto collective = MakeNcclCollective(alone.get(), {});
  if (!collective.ok()) GTEST_SKIP() << collective.status().message();
  EXPECT_TRUE((*collective)->Barrier().ok());
  EXPECT_TRUE((*collective)->Wait().ok());
}

}  // namespace
}  // namespace shoal
