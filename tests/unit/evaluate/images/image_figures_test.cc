#include "evaluate/images/image_figures.h"

#include "common/json_object.h"
#include "common/random.h"
#include "gmock/gmock.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// One number of each class is raised by `part`.
Features Raised(uint64_t key, uint64_t pictures, double part) {
  Features features{.dim = 10};
  CounterRandom random(key);
  for (uint64_t i = 0; i < pictures; ++i) {
    for (uint32_t k = 0; k < 10; ++k) {
      features.rows.push_back(static_cast<float>(random.NextDouble() - 0.5 + (k == i % 10 ? part : 0)));
    }
    features.labels.push_back(static_cast<int32_t>(i % 10));
  }
  return features;
}

ImageFigures Example() {
  ImageFigures figures{.run = "out", .net = "small", .image_size = 32};
  figures.train_pictures = 10000;
  figures.test_pictures = 2000;
  figures.classes = 10;
  figures.chance = 0.1;
  figures.measures.neighbours = {200, 20};
  figures.trained = {.dim = 64, .knn = {0.452, 0.44}, .linear = {0.5, 0.01, 30, true}, .spread = 0.8};
  figures.untrained = {.dim = 64, .knn = {0.278, 0.27}, .linear = {0.326, 0.1, 30, true}, .spread = 0.2};
  figures.raw = {.dim = 3072, .knn = {0.349, 0.34}, .linear = {0.333, 0.001, 30, true}, .spread = 0.9};
  return figures;
}

TEST(ImageFiguresTest, BothMeasuresKnowFeaturesThatKnowTheClassAndAreAtChanceWithThoseThatDoNot) {
  const FeatureMeasures measures{.neighbours = {50, 5}, .threads = 2};
  const auto knowing = MeasureFeatures(Raised(1, 2000, 1), Raised(2, 1000, 1), measures);
  const auto blind = MeasureFeatures(Raised(1, 2000, 0), Raised(2, 1000, 0), measures);
  ASSERT_TRUE(knowing.ok() && blind.ok()) << knowing.status() << blind.status();
  ASSERT_EQ(knowing->knn.size(), 2);
  EXPECT_GT(knowing->knn[0], 0.9);
  EXPECT_GT(knowing->linear.accuracy, 0.9);
  EXPECT_NEAR(blind->knn[0], 0.1, 0.04);
  EXPECT_NEAR(blind->linear.accuracy, 0.1, 0.04);
}

TEST(ImageFiguresTest, TheJsonHasFiguresOfTheEncoderAndOfBothControlsInPerCentAndCounts) {
  const auto json = JsonObject::Parse(FiguresJson(Example()));
  ASSERT_TRUE(json.ok()) << json.status();
  EXPECT_DOUBLE_EQ(json->Number("knn"), 45.2);
  EXPECT_DOUBLE_EQ(json->Number("linear"), 50);
  EXPECT_DOUBLE_EQ(json->Number("knn_untrained"), 27.8);
  EXPECT_DOUBLE_EQ(json->Number("linear_untrained"), 32.6);
  EXPECT_DOUBLE_EQ(json->Number("knn_raw"), 34.9);
  EXPECT_DOUBLE_EQ(json->Number("linear_raw"), 33.3);
  EXPECT_DOUBLE_EQ(json->Number("chance"), 10);
  EXPECT_EQ(json->Count("train_pictures"), 10000);
  EXPECT_EQ(json->Count("test_pictures"), 2000);
  EXPECT_EQ(json->Count("classes"), 10);
  ASSERT_EQ(json->Objects("knn_by_k").size(), 2);
  EXPECT_EQ(json->Objects("knn_by_k")[1].Count("k"), 20);
  EXPECT_DOUBLE_EQ(json->Objects("knn_by_k")[1].Number("knn_raw"), 34);
}

TEST(ImageFiguresTest, TheTableTellsTheGainOverTheUntrainedNet) {
  const std::string table = FiguresTable(Example());
  EXPECT_THAT(table, HasSubstr("kNN, k = 200           45.2 %     27.8 %    +17.4       34.9 %\n"));
  EXPECT_THAT(table, HasSubstr("linear probe           50.0 %     32.6 %    +17.4       33.3 %\n"));
  EXPECT_THAT(table, HasSubstr("10,000 pictures to learn from, 2,000 to classify, 10 classes"));
  EXPECT_THAT(table, Not(HasSubstr("collapsed")));
  EXPECT_THAT(table, Not(HasSubstr("before its minimum")));
}

TEST(ImageFiguresTest, TheTableWarnsOfCollapseAndOfAFitThatStopped) {
  ImageFigures figures = Example();
  figures.trained.spread = 0.01;
  figures.raw.linear.converged = false;
  const std::string table = FiguresTable(figures);
  EXPECT_THAT(table, HasSubstr("the trained features have collapsed: their spread is 0.010"));
  EXPECT_THAT(table, HasSubstr("the linear probe of the raw features stopped after 30 steps"));
}

TEST(ImageFiguresTest, NeighboursAreInBothForms) {
  ImageFigures figures = Example();
  figures.neighbours = {{"a.png", "cat", {{7, "b.png", "dog", 0.5f}}}};
  EXPECT_THAT(FiguresTable(figures), HasSubstr("nearest to a.png (cat)\n  0.500  dog          b.png\n"));
  const auto json = JsonObject::Parse(FiguresJson(figures));
  ASSERT_EQ(json->Objects("neighbours").size(), 1);
  EXPECT_EQ(json->Objects("neighbours")[0].Objects("nearest")[0].Text("picture"), "b.png");
  figures.neighbours[0].nearest[0].path = "two\nlines.png";
  EXPECT_THAT(FiguresTable(figures), HasSubstr("dog          two\\nlines.png\n"));
}

}  // namespace
}  // namespace shoal
