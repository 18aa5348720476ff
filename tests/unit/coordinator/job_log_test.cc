#include "coordinator/job_log.h"
#include "common/text.h"

#include <unistd.h>

#include <filesystem>
#include <string>

#include "common/files.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

ProgressSnapshot Snapshot() {
  return {.epoch = 2,
          .epochs = 5,
          .fraction = 0.374,
          .words = 1000,
          .words_per_second = 1834000,
          .loss = 2.1434,
          .learning_rate = 0.0157,
          .eta_seconds = 192};
}

TEST(ProgressLineTest, SaysEpochFractionRateLossLearningRateAndTimeLeft) {
  EXPECT_EQ(ProgressLine(Snapshot()),
            "epoch 2/5   37.4 %  1.83 M words/s  loss 2.1434  learning rate 0.015700  3:12 left");
}

TEST(ProgressLineTest, ALossThatWasNotMeasuredIsLeftOut) {
  ProgressSnapshot unmeasured = Snapshot();
  unmeasured.loss.reset();
  EXPECT_EQ(ProgressLine(unmeasured), "epoch 2/5   37.4 %  1.83 M words/s  learning rate 0.015700  3:12 left");
}

TEST(ProgressLineTest, SmallRatesAndLongTimesKeepTheirUnits) {
  ProgressSnapshot slow = Snapshot();
  slow.words_per_second = 830400;
  slow.eta_seconds = 7383;
  EXPECT_THAT(ProgressLine(slow), HasSubstr("  830 k words/s  "));
  EXPECT_THAT(ProgressLine(slow), HasSubstr("  2:03:03 left"));
}

class JobLogTest : public ::testing::Test {
 protected:
  JobLogTest() : directory_(Cat(::testing::TempDir(), "/job_log.", ::getpid())) {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directories(directory_);
  }
  ~JobLogTest() override { std::filesystem::remove_all(directory_); }

  std::string Text() const { return *ReadFile(directory_ + "/log.jsonl"); }

  const std::string directory_;
};

TEST_F(JobLogTest, AnEventIsOnItsLineAsSoonAsItHappened) {
  const auto log = *JobLog::Create(directory_, &Clock::Real(), /*print=*/false);
  log->Progressed(Snapshot());
  EXPECT_THAT(Text(), StartsWith(R"({"event":"progress","elapsed_seconds":)"));
  EXPECT_THAT(
      Text(),
      HasSubstr(R"("epoch":2,"epochs":5,"fraction":0.374,"work":"words","words":1000,"words_per_second":1834000,)"
                R"("loss":2.1434,"learning_rate":0.0157,"eta_seconds":192})"
                "\n"));
}

TEST_F(JobLogTest, PicturesAreNotCalledWords) {
  const auto log = *JobLog::Create(directory_, &Clock::Real(), /*print=*/false);
  ProgressSnapshot snapshot = Snapshot();
  snapshot.work = "pictures";
  log->Progressed(snapshot);
  log->Ended({.done = true, .work = "pictures", .words = 2000, .words_per_second = 500}, /*pairs=*/2000);
  EXPECT_THAT(Text(), HasSubstr(R"("work":"pictures","pictures":1000,"pictures_per_second":1834000,)"));
  EXPECT_THAT(Text(), HasSubstr(R"("pictures":2000,"seconds":0,"pictures_per_second":500})"));
  EXPECT_THAT(Text(), Not(HasSubstr("words")));
}

TEST_F(JobLogTest, ThatNoPairWasTrainedIsToldByThePairsAndNotByTheLoss) {
  const auto log = *JobLog::Create(directory_, &Clock::Real(), /*print=*/true);
  const auto told = [&](const RunResult& result, uint64_t pairs) {
    ::testing::internal::CaptureStderr();
    log->Ended(result, pairs);
    return ::testing::internal::GetCapturedStderr();
  };
  EXPECT_THAT(told({.done = true}, /*pairs=*/3), Not(HasSubstr("no pair of words")));
  EXPECT_THAT(told({.done = true}, /*pairs=*/0), HasSubstr("no pair of words was trained"));
  EXPECT_THAT(Text(), Not(HasSubstr("loss")));
  EXPECT_THAT(told({.done = true, .loss = 0.25}, /*pairs=*/3), HasSubstr("words/s, loss 0.2500 in the last epoch"));
  EXPECT_THAT(Text(), HasSubstr(R"("loss":0.25})"));
}

TEST_F(JobLogTest, ALogOfAnEarlierRunIsBegunAnew) {
  (*JobLog::Create(directory_, &Clock::Real(), false))->Training();
  (*JobLog::Create(directory_, &Clock::Real(), false))->Ended(RunResult{.reason = "a \"quoted\" reason"}, 0);
  EXPECT_THAT(Text(), StartsWith(R"({"event":"failed",)"));
  EXPECT_THAT(Text(), HasSubstr(R"("reason":"a \"quoted\" reason")"));
}

}  // namespace
}  // namespace shoal
