#include "coordinator/progress.h"

#include <string>

#include "gtest/gtest.h"

namespace shoal {
namespace {

constexpr absl::Time kStart = absl::FromUnixSeconds(1000);

wire::UnitProgress Report(uint64_t words, double loss_sum = 0, uint64_t loss_pairs = 0, double learning_rate = 0) {
  wire::UnitProgress report;
  report.set_words(words);
  report.set_loss_sum(loss_sum);
  report.set_loss_pairs(loss_pairs);
  report.set_learning_rate(learning_rate);
  return report;
}

TEST(ProgressTest, RateAndFractionAndTimeLeftFollowFromTheWords) {
  Progress progress(/*epochs=*/5, /*words_total=*/1000, kStart);
  progress.Add(Report(250), 0);
  const ProgressSnapshot snapshot = progress.Take(kStart + absl::Seconds(5));
  EXPECT_EQ(snapshot.fraction, 0.25);
  EXPECT_EQ(snapshot.epoch, 2u);
  EXPECT_EQ(snapshot.words_per_second, 50);
  EXPECT_EQ(snapshot.eta_seconds, 15);
}

TEST(ProgressTest, TheRateIsThatOfTheIntervalAndTheMeanThatOfTheWholeRun) {
  Progress progress(1, 1000, kStart);
  progress.Add(Report(100), 0);
  progress.Take(kStart + absl::Seconds(1));
  progress.Add(Report(20), 0);
  EXPECT_EQ(progress.Take(kStart + absl::Seconds(2)).words_per_second, 20);
  EXPECT_EQ(progress.mean_words_per_second(kStart + absl::Seconds(2)), 60);
}

TEST(ProgressTest, TimeThatTrainingStoodStillToBeMeasuredIsInNoRate) {
  Progress progress(1, 1000, kStart);
  wire::UnitProgress report = Report(100);
  report.add_phase()->set_name("evaluate");
  report.mutable_phase(0)->set_seconds(3);
  progress.Add(report, 0);
  EXPECT_EQ(progress.Take(kStart + absl::Seconds(5)).words_per_second, 50);
  EXPECT_EQ(progress.mean_words_per_second(kStart + absl::Seconds(5)), 50);
  progress.Add(Report(20), 0);
  EXPECT_EQ(progress.Take(kStart + absl::Seconds(6)).words_per_second, 20) << "it is taken off once";
  const checkpoint::Progress saved = progress.Save(kStart + absl::Seconds(6));
  const Progress later(1, 1000, kStart + absl::Seconds(60), saved);
  EXPECT_EQ(later.mean_words_per_second(kStart + absl::Seconds(60)), 40) << "in a later life too";
}

TEST(ProgressTest, EmbeddingsFiguresAreMeansOverTheStepsOfAnInterval) {
  const auto embeddings = [](uint64_t steps, double spread) {
    wire::UnitProgress report = Report(10);
    report.mutable_embeddings()->set_steps(steps);
    report.mutable_embeddings()->set_spread(static_cast<double>(steps) * spread);
    return report;
  };
  Progress progress(1, 1000, kStart);
  EXPECT_FALSE(progress.Take(kStart + absl::Seconds(1)).embeddings.has_value());
  progress.Add(embeddings(1, 1.0), 0);
  progress.Add(embeddings(3, 0.2), 0);
  EXPECT_NEAR(progress.Take(kStart + absl::Seconds(2)).embeddings->spread(), 0.4, 1e-12);
  EXPECT_NEAR(progress.Take(kStart + absl::Seconds(3)).embeddings->spread(), 0.4, 1e-12) << "the last known one";
  progress.Add(embeddings(2, 0.1), 0);
  EXPECT_NEAR(progress.Take(kStart + absl::Seconds(4)).embeddings->spread(), 0.1, 1e-12);
}

TEST(ProgressTest, TheEstimateFollowsALastingChangeOfPace) {
  Progress progress(1, 100000, kStart);
  absl::Time now = kStart;
  for (int i = 0; i < 30; ++i) progress.Add(Report(1000), 0), progress.Take(now += absl::Seconds(1));
  ProgressSnapshot snapshot;
  for (int i = 0; i < 60; ++i) progress.Add(Report(100), 0), snapshot = progress.Take(now += absl::Seconds(1));
  EXPECT_NEAR(snapshot.eta_seconds, 64000 / 100, 100);
}

TEST(ProgressTest, LossIsTheMeanOverTheMeasuredPairsOfTheInterval) {
  Progress progress(1, 1000, kStart);
  EXPECT_EQ(progress.Take(kStart).loss, std::nullopt);
  EXPECT_EQ(progress.loss_of_last_epoch(), std::nullopt);
  progress.Add(Report(10, /*loss_sum=*/30, /*loss_pairs=*/10), 0);
  progress.Add(Report(10, 5, 25), 0);
  EXPECT_EQ(progress.Take(kStart + absl::Seconds(1)).loss, 1);
  EXPECT_EQ(progress.Take(kStart + absl::Seconds(2)).loss, 1) << "where nothing was measured the last one stands";
}

TEST(ProgressTest, TheLossOfTheResultIsThatOfTheLastEpochOnly) {
  Progress progress(2, 1000, kStart);
  progress.Add(Report(10, 40, 10), 0);
  progress.Add(Report(10, 20, 10), 1);
  progress.Add(Report(10, 40, 10), 0);  // Another worker, still in the first epoch.
  EXPECT_EQ(progress.loss_of_last_epoch(), 2);
}

TEST(ProgressTest, AHeartbeatWithoutWordsDoesNotResetTheLearningRate) {
  Progress progress(1, 1000, kStart);
  progress.Add(Report(10, 0, 0, /*learning_rate=*/0.02), 0);
  progress.Add(Report(0), 0);
  EXPECT_EQ(progress.Take(kStart + absl::Seconds(1)).learning_rate, 0.02);
}

TEST(ProgressTest, SecondsByPhaseAreSummedOverReportsAndTheNamesAreLimited) {
  Progress progress(1, 1000, kStart);
  for (int i = 0; i < 100; ++i) {
    wire::UnitProgress report;
    for (const std::string& name : {std::string("compute"), "made up " + std::to_string(i)}) {
      wire::Phase* phase = report.add_phase();
      phase->set_name(name);
      phase->set_seconds(0.5);
    }
    progress.Add(report, 0);
  }
  EXPECT_EQ(progress.worker_seconds_by_phase().at("compute"), 50);
  EXPECT_EQ(progress.worker_seconds_by_phase().size(), Progress::kMaxPhases);
}

}  // namespace
}  // namespace shoal
