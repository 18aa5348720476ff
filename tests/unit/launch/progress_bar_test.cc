#include "launch/progress_bar.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

constexpr char kProgress[] =
    R"({"event":"progress","elapsed_seconds":3,"epoch":2,"epochs":5,"fraction":0.374,"work":"words","words":100,)"
    R"("words_per_second":1834000,"loss":2.1434,"learning_rate":0.01571,"eta_seconds":192})";

TEST(ProgressBarTest, ProgressIsOneLineThatFitsTheTerminal) {
  EXPECT_EQ(BarOf(kProgress, 100),
            "epoch 2/5 [=========>                   ]  37 %  1.83 M words/s  loss 2.143  rate 0.0157  3:12 left");
  EXPECT_EQ(BarOf(kProgress, 300).size(), BarOf(kProgress, 200).size()) << "a wide terminal gets no wider gauge";
}

TEST(ProgressBarTest, PicturesAreNotCalledWords) {
  EXPECT_THAT(BarOf(R"({"event":"progress","epoch":1,"epochs":5,"work":"pictures","pictures_per_second":256})", 200),
              ::testing::HasSubstr("  256 pictures/s  "));
}

TEST(ProgressBarTest, BeforeTrainingItTellsWhatIsWaitedFor) {
  EXPECT_EQ(BarOf(R"({"event":"start"})", 80), "preparing the data ...");
  EXPECT_EQ(BarOf(R"({"event":"prepared"})", 80), "starting the roles ...");
}

TEST(ProgressBarTest, OtherEventsAndBrokenLinesSayNothing) {
  EXPECT_EQ(BarOf(R"({"event":"done"})", 80), "");
  EXPECT_EQ(BarOf("{\"event\":", 80), "");
  EXPECT_EQ(BarOf("", 80), "");
}

TEST(LogFollowerTest, TheLastWholeLineSinceTheLastCallIsTaken) {
  const TemporaryFolder folder;
  LogFollower log(folder.Path("log.jsonl"));
  EXPECT_EQ(log.LastNewLine(), "") << "no file yet";
  std::ofstream file(folder.Path("log.jsonl"));
  file << "one\ntwo\nthr" << std::flush;
  EXPECT_EQ(log.LastNewLine(), "two");
  EXPECT_EQ(log.LastNewLine(), "");
  file << "ee\n" << std::flush;
  EXPECT_EQ(log.LastNewLine(), "three");
}

}  // namespace
}  // namespace shoal
