#include "evaluate/images/evaluate_run.h"

#include <cmath>
#include <filesystem>

#include "common/job/job.h"
#include "common/random.h"
#include "common/status.h"
#include "evaluate/images/encoder_run.h"
#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"
#include "tests/unit/worker/probes/pattern_set.h"
#include "worker/augment/augmenter.h"
#include "worker/images/set_augmentation.h"
#include "worker/objectives/contrastive_settings.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

constexpr char kJob[] =
    "epochs: 1\n"
    "objective { simclr { temperature: 0.2 } }\n"
    "encoder {\n"
    "  net: SMALL batch: 64 precision: FP32\n"
    "  head { kind: NORMALISED_MLP dim: 32 }\n"
    "  optimizer { kind: ADAMW learning_rate: 0.003 }\n"
    "}\n"
    "data { images { } }\n";

constexpr uint64_t kTrain = 512, kTest = 256;

// A set of patterns and a run of one step on it; a worker's steps without the job around them.
class EvaluateRunTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    folder_ = new TemporaryFolder;
    WritePatternFolders(folder_->Path("set/train"), kTrain, 1);
    WritePatternFolders(folder_->Path("set/test"), kTest, 2);
    Train(/*steps=*/1);
  }
  static void TearDownTestSuite() { delete folder_; }

  static void Train(int steps) {
    const std::string run = folder_->Path("run");
    ASSERT_TRUE(MakeDirectories(run).ok());
    ASSERT_TRUE(WriteFileAtomically(Cat(run, "/job.textproto"), kJob).ok());
    const job::Job job = ParseJob(kJob, "job").value();
    const auto sets = PictureSets::Open(Sets()).value();
    const AugmentationSettings views = AugmentationOf(job, sets.train()).value();
    auto learner = ContrastiveLearner::Create(LearnerSettingsOf(job, kTrain, kPatternSide, /*threads=*/1)).value();
    Augmenter augmenter(views);
    const size_t batch = job.encoder().batch(), floats = augmenter.view_floats();
    std::vector<float> both(2 * batch * floats);
    ImageBuffer buffer;
    for (int step = 0; step < steps; ++step) {
      CounterRandom order(StreamKey(3, step));
      for (size_t i = 0; i < batch; ++i) {
        const uint64_t picture = order.NextBelow(kTrain);
        const ImageView image = sets.train().Read(picture, &buffer).value();
        for (uint32_t view = 0; view < 2; ++view) {
          augmenter.View(image, {.seed = 1, .epoch = static_cast<uint32_t>(step), .image = picture, .view = view},
                         &both[(view * batch + i) * floats]);
        }
      }
      const std::span<const float> all(both);
      const auto result = learner->Step({.first_views = all.first(batch * floats),
                                         .second_views = all.last(batch * floats),
                                         .learning_rate = job.encoder().optimizer().learning_rate()});
      ASSERT_TRUE(result.ok()) << result.status();
    }
    ASSERT_TRUE(learner->ExportBackbone(Cat(run, "/", kBackboneFileName), {views.mean, views.std}).ok());
  }

  static PictureSetOptions Sets() {
    return {.data = {folder_->Path("set")}, .cache_directory = folder_->Path("cache")};
  }
  static ImageEvaluation Evaluation() {
    return {.run = folder_->Path("run"), .sets = Sets(), .measures = {.neighbours = {20}}};
  }
  static std::string Error(const std::string& run) {
    ImageEvaluation evaluation = Evaluation();
    evaluation.run = run;
    return std::string(EvaluateRun(evaluation).status().message());
  }

  static TemporaryFolder* folder_;
};

TemporaryFolder* EvaluateRunTest::folder_ = nullptr;

TEST_F(EvaluateRunTest, AFewStepsTeachPatternsThatRawPixelsAndTheUntrainedNetDoNotKnow) {
  Train(/*steps=*/250);
  const auto figures = EvaluateRun(Evaluation());
  ASSERT_TRUE(figures.ok()) << figures.status();
  EXPECT_EQ(figures->net, "small");
  EXPECT_EQ(figures->train_pictures, kTrain);
  EXPECT_EQ(figures->test_pictures, kTest);
  EXPECT_EQ(figures->classes, kPatterns);
  EXPECT_DOUBLE_EQ(figures->chance, 0.25);
  EXPECT_EQ(figures->trained.dim, figures->untrained.dim);
  EXPECT_EQ(figures->raw.dim, 3 * kPatternSide * kPatternSide);
  EXPECT_GT(figures->trained.linear.accuracy, figures->untrained.linear.accuracy + 0.1) << FiguresTable(*figures);
  EXPECT_GT(figures->trained.linear.accuracy, figures->raw.linear.accuracy + 0.1) << FiguresTable(*figures);
  EXPECT_GT(figures->trained.knn[0], figures->untrained.knn[0] + 0.1) << FiguresTable(*figures);
  EXPECT_GT(figures->trained.spread, 0.2) << FiguresTable(*figures);
}

TEST_F(EvaluateRunTest, TheUntrainedNetIsTheOneThatTheRunBeganWith) {
  const auto run = EncoderRun::Open(folder_->Path("run"), /*threads=*/1);
  ASSERT_TRUE(run.ok()) << run.status();
  const job::Job job = ParseJob(kJob, "job").value();
  auto beginning = ContrastiveLearner::Create(LearnerSettingsOf(job, kTrain, kPatternSide, /*threads=*/1)).value();
  std::vector<float> picture(3 * kPatternSide * kPatternSide), expected(beginning->features()), found(expected.size());
  for (size_t i = 0; i < picture.size(); ++i) picture[i] = std::sin(static_cast<float>(i));
  ASSERT_TRUE(beginning->Features(picture, expected).ok());
  ASSERT_TRUE(run->Untrained().compute(picture, found).ok());
  EXPECT_EQ(found, expected);
  ASSERT_TRUE(run->Trained().compute(picture, found).ok());
  EXPECT_NE(found, expected);
}

TEST_F(EvaluateRunTest, FeaturesLabelsClassesAndTheSheetAreWritten) {
  ImageEvaluation evaluation = Evaluation();
  evaluation.features_folder = folder_->Path("features");
  evaluation.neighbours_of = {folder_->Path("set/test/disc/2.png")};
  evaluation.sheet = folder_->Path("sheet.png");
  const auto figures = EvaluateRun(evaluation);
  ASSERT_TRUE(figures.ok()) << figures.status();
  EXPECT_EQ(ReadFile(folder_->Path("features/classes.txt")).value(), "across\nchequered\ndisc\ndown\n");
  EXPECT_THAT(ReadFile(folder_->Path("features/train_features.npy")).value(),
              HasSubstr(Cat("(", kTrain, ", ", figures->trained.dim, ")")));
  EXPECT_THAT(ReadFile(folder_->Path("features/test_labels.npy")).value(), HasSubstr(Cat("(", kTest, ",)")));
  EXPECT_TRUE(std::filesystem::exists(folder_->Path("sheet.png")));
  ASSERT_EQ(figures->neighbours.size(), 1);
  EXPECT_EQ(figures->neighbours[0].nearest.size(), 10);
}

TEST_F(EvaluateRunTest, WhatIsNoRunOfAnEncoderIsTold) {
  EXPECT_THAT(Error(folder_->Path("nothing")), HasSubstr("no such folder"));
  EXPECT_THAT(Error(folder_->Path("set")), HasSubstr("there is no job.textproto in it"));
  ASSERT_TRUE(MakeDirectories(folder_->Path("words")).ok());
  folder_->Write("words/job.textproto", "objective { skip_gram { dim: 8 } }\n");
  EXPECT_THAT(Error(folder_->Path("words")), HasSubstr("words are measured by shoal evaluate words"));
  ASSERT_TRUE(MakeDirectories(folder_->Path("begun")).ok());
  folder_->Write("begun/job.textproto", kJob);
  EXPECT_THAT(Error(folder_->Path("begun")), HasSubstr("there is no backbone.safetensors in it"));
}

TEST_F(EvaluateRunTest, ABrokenBackboneIsTold) {
  ASSERT_TRUE(MakeDirectories(folder_->Path("broken")).ok());
  for (const char* file : {"job.textproto", "backbone.safetensors"}) {
    folder_->Write(Cat("broken/", file), ReadFile(Cat(folder_->Path("run"), "/", file)).value());
  }
  std::filesystem::resize_file(folder_->Path("broken/backbone.safetensors"), 5000);
  EXPECT_THAT(Error(folder_->Path("broken")), HasSubstr("broken/backbone.safetensors"));
}

}  // namespace
}  // namespace shoal
