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

TEST(MpirunOutputTest, WhatOpenMpiSaysOutsideOfDashesIsHeldBackToo) {
  MpirunOutput output;
  EXPECT_EQ(output.Take("[vm:7] 1 more process has sent help message\n[a list] of the job's\n"),
            "[a list] of the job's\n");
  EXPECT_EQ(output.mpirun_words(), "[vm:7] 1 more process has sent help message\n");
}

TEST(MpirunOutputTest, ErrorsOfRolesAreHeldBackAndTheirWarningsPass) {
  MpirunOutput output;
  EXPECT_EQ(output.Take("coordinator: error: no words: none\ncoordinator: warning: no metrics\n"
                        "worker rank 2: error: it is cut off\n"),
            "coordinator: warning: no metrics\n");
  ASSERT_EQ(output.errors().size(), 2u);
  EXPECT_EQ(output.errors()[0].line(), "coordinator: error: no words: none");
  EXPECT_EQ(output.errors()[1].role, "worker rank 2");
  EXPECT_EQ(output.errors()[1].what, "it is cut off");
}

TEST(MpirunOutputTest, TheRankThatASignalEndedIsNamed) {
  const auto death =
      DeathIn("mpirun noticed that process rank 3 with PID 1234 on node vm.example exited on signal 9 (Killed).\n");
  ASSERT_TRUE(death.has_value());
  EXPECT_EQ(death->rank, 3);
  EXPECT_EQ(death->host, "vm.example");
  EXPECT_EQ(death->signal, 9);
  EXPECT_EQ(death->how, "signal 9 (Killed)");
  EXPECT_FALSE(DeathIn("Primary job  terminated normally, but 1 process returned\na non-zero exit code.").has_value());
}

}  // namespace
}  // namespace shoal
