#include "launch/mpirun_output.h"

#include <gtest/gtest.h>

namespace shoal {
namespace {

const std::string kDashes(74, '-');

TEST(MpirunOutputTest, LinesOfTheJobPassAndMpirunsWordsAreHeldBack) {
  MpirunOutput output;
  EXPECT_EQ(output.Take("coordinator: epoch 1/5\n" + kDashes + "\nmpirun noticed"), "coordinator: epoch 1/5\n");
  EXPECT_EQ(output.Take(" it.\n" + kDashes + "\n- a list\n"), "- a list\n");
  EXPECT_EQ(output.mpirun_words(), "mpirun noticed it.\n");
}

TEST(MpirunOutputTest, ALineWithoutItsEndComesLast) {
  MpirunOutput output;
  EXPECT_EQ(output.Take("half"), "");
  EXPECT_EQ(output.TakeRest(), "half\n");
  EXPECT_EQ(output.TakeRest(), "");
}

TEST(MpirunOutputTest, AnEndlessLineIsPassedOnInPieces) {
  MpirunOutput output;
  EXPECT_EQ(output.Take(std::string(70000, 'x')).size(), 70000u);
  EXPECT_EQ(output.TakeRest(), "");
}

TEST(MpirunOutputTest, TheRankThatASignalEndedIsNamed) {
  EXPECT_EQ(DeathIn("mpirun noticed that process rank 3 with PID 1234 on node vm exited on signal 9 (Killed).\n"),
            "rank 3 on vm ended by signal 9 (Killed)");
  EXPECT_EQ(DeathIn("Primary job  terminated normally, but 1 process returned\na non-zero exit code."), "");
}

}  // namespace
}  // namespace shoal
