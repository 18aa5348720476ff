#include "worker/optimizers/learning_rate.h"

#include "gtest/gtest.h"

namespace shoal {
namespace {

constexpr double kEpochs = 100;

TEST(LearningRateTest, WarmsUpInAStraightLineFromZeroToThePeak) {
  for (const ScheduleKind kind : {ScheduleKind::kConstant, ScheduleKind::kCosine, ScheduleKind::kStep}) {
    const LearningRateSettings settings{.kind = kind, .peak = 2, .warmup_epochs = 10};
    EXPECT_EQ(LearningRateAt(settings, 0, kEpochs), 0);
    EXPECT_NEAR(LearningRateAt(settings, 0.05, kEpochs), 1, 1e-12);
    EXPECT_NEAR(LearningRateAt(settings, 0.1, kEpochs), 2, 1e-12);
  }
}

TEST(LearningRateTest, TheCosineIsHalfWayDownInTheMiddleOfWhatFollowsTheWarmUp) {
  const LearningRateSettings settings{.peak = 2, .warmup_epochs = 20};
  EXPECT_NEAR(LearningRateAt(settings, 0.6, kEpochs), 1, 1e-12);
  EXPECT_NEAR(LearningRateAt(settings, 1, kEpochs), 0, 1e-12);
}

TEST(LearningRateTest, StepsMultiplyAtTheirEpochs) {
  const LearningRateSettings settings{.kind = ScheduleKind::kStep, .peak = 1, .milestones = {60, 80}};
  EXPECT_EQ(LearningRateAt(settings, 0.599, kEpochs), 1);
  EXPECT_NEAR(LearningRateAt(settings, 0.6, kEpochs), 0.1, 1e-12);
  EXPECT_NEAR(LearningRateAt(settings, 0.9, kEpochs), 0.01, 1e-12);
}

TEST(LearningRateTest, PlacesOutsideOfThePlanCountAsItsEnds) {
  const LearningRateSettings settings{.peak = 1};
  EXPECT_EQ(LearningRateAt(settings, -1, kEpochs), 1);
  EXPECT_NEAR(LearningRateAt(settings, 2, kEpochs), 0, 1e-12);
}

}  // namespace
}  // namespace shoal
