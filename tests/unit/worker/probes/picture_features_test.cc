#include "worker/probes/picture_features.h"

#include <limits>
#include <numeric>

#include "common/random.h"
#include "common/status.h"
#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"
#include "tests/unit/worker/probes/pattern_set.h"
#include "worker/augment/augmenter.h"
#include "worker/probes/knn_watch.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

AugmentationSettings Views(int size = kPatternSide) { return RecipeSettings(AugmentationRecipe::kNone, size); }

// Two numbers of each view: its first float, and its place in the batch.
FeatureEncoder FirstAndPlace() {
  return {.dim = 2, .views = Views(), .compute = [](std::span<const float> pictures, std::span<float> features) {
            const size_t view = pictures.size() / (features.size() / 2);
            for (size_t i = 0; i < features.size() / 2; ++i) {
              features[2 * i] = pictures[i * view];
              features[2 * i + 1] = static_cast<float>(i);
            }
            return absl::OkStatus();
          }};
}

class PictureFeaturesTest : public ::testing::Test {
 protected:
  const TemporaryFolder folder_;
};

TEST_F(PictureFeaturesTest, EveryPictureGoesThroughTheEncoderInTheSetsOrder) {
  const auto images = WritePatternSet(folder_.Path("x.images"), 2500, 1);
  const auto features = PictureFeatures(*images, FirstAndPlace(), /*threads=*/3, /*max_broken_fraction=*/0);
  ASSERT_TRUE(features.ok()) << features.status();
  ASSERT_EQ(features->size(), 2500);
  for (uint64_t i : {0, 1, 1023, 1024, 2499}) {
    EXPECT_FLOAT_EQ(features->row(i)[0], static_cast<float>(PatternPicture(i % kPatterns, StreamKey(1, i))[0]) / 255)
        << i;
    EXPECT_EQ(features->labels[i], i % kPatterns);
    EXPECT_EQ(features->pictures[i], i);
  }
}

TEST_F(PictureFeaturesTest, PicturesWithoutALabelAreLeftOut) {
  const auto images = WritePatternSet(folder_.Path("x.images"), 9, 1, /*unlabelled=*/3);
  const auto features = PictureFeatures(*images, FirstAndPlace(), 1, 0);
  ASSERT_TRUE(features.ok()) << features.status();
  EXPECT_THAT(features->pictures, ElementsAre(0, 1, 3, 4, 6, 7));
  EXPECT_THAT(features->labels, ElementsAre(0, 1, 3, 0, 2, 3));
}

TEST_F(PictureFeaturesTest, PicturesThatCannotBeReadAreLeftOutAndCountedInAWarning) {
  const auto whole = WritePatternFiles(folder_.Path("whole"), 8, 1, /*broken=*/0);
  const auto images = WritePatternFiles(folder_.Path("set"), 8, 1, /*broken=*/2);
  ::testing::internal::CaptureStderr();
  const auto features = PictureFeatures(*images, FirstAndPlace(), 2, 0.25);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(),
              HasSubstr("2 of the 8 pictures to measure on cannot be read and are left out; the first: "));
  ASSERT_TRUE(features.ok()) << features.status();
  EXPECT_THAT(features->pictures, ElementsAre(2, 3, 4, 5, 6, 7));
  EXPECT_THAT(features->labels, ElementsAre(1, 1, 2, 2, 3, 3));
  const Features all = PictureFeatures(*whole, FirstAndPlace(), 2, 0).value();
  for (uint64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(features->row(i)[0], all.row(i + 2)[0]) << i;
    EXPECT_EQ(features->row(i)[1], i) << "views lie end to end";
  }
}

TEST_F(PictureFeaturesTest, MoreBrokenPicturesThanMayBeAreAnErrorThatNamesTheFirst) {
  const auto images = WritePatternFiles(folder_.Path("set"), 8, 1, /*broken=*/3);
  const absl::Status status = PictureFeatures(*images, FirstAndPlace(), 2, 0.25).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              AllOf(HasSubstr("3 of the 8 pictures cannot be read, and data.images.max_broken_fraction allows 2; the "
                              "first: "),
                    HasSubstr("set/across/0.png: ")));
}

TEST_F(PictureFeaturesTest, RawPixelsAreTheNormalisedView) {
  const auto images = WritePatternSet(folder_.Path("x.images"), 3, 1);
  AugmentationSettings views = Views();
  views.mean = {0.5, 0.25, 0};
  views.std = {0.5, 1, 2};
  const auto features = PictureFeatures(*images, RawPixels(views), 1, 0);
  ASSERT_TRUE(features.ok()) << features.status();
  std::vector<float> view(3 * kPatternSide * kPatternSide);
  const std::vector<uint8_t> pixels = PatternPicture(2, StreamKey(1, 2));
  Augmenter(views).Evaluate({pixels.data(), kPatternSide, kPatternSide}, view.data());
  EXPECT_EQ(std::vector<float>(features->row(2).begin(), features->row(2).end()), view);
}

TEST(RawPixelsTest, LargeViewsAreMadeSmall) {
  EXPECT_EQ(RawPixels(Views(224)).dim, 3 * 32 * 32);
  EXPECT_EQ(RawPixels(Views(224)).views.size, 32);
  EXPECT_EQ(RawPixels(Views(16)).dim, 3 * 16 * 16);
}

TEST_F(PictureFeaturesTest, FeaturesThatAreNoNumbersAreToldWithTheirPicture) {
  const auto images = WritePatternSet(folder_.Path("x.images"), 5, 1);
  FeatureEncoder diverged = FirstAndPlace();
  diverged.compute = [](std::span<const float>, std::span<float> features) {
    std::iota(features.begin(), features.end(), 0.0f);
    features[7] = std::numeric_limits<float>::quiet_NaN();
    return absl::OkStatus();
  };
  EXPECT_THAT(std::string(PictureFeatures(*images, diverged, 1, 0).status().message()),
              HasSubstr("the features of picture3 are no numbers"));
}

TEST_F(PictureFeaturesTest, TheEncodersErrorIsTheirs) {
  const auto images = WritePatternSet(folder_.Path("x.images"), 5, 1);
  FeatureEncoder broken = FirstAndPlace();
  broken.compute = [](std::span<const float>, std::span<float>) { return Internal("out of order"); };
  EXPECT_EQ(PictureFeatures(*images, broken, 1, 0).status().message(), "out of order");
}

TEST_F(PictureFeaturesTest, TheWatchTellsFeaturesThatKnowTheClassFromThoseThatDoNot) {
  WritePatternSet(folder_.Path("bank.images"), 400, 1);
  WritePatternSet(folder_.Path("test.images"), 100, 2);
  auto sets = PictureSets::OfFiles(folder_.Path("bank.images"), folder_.Path("test.images"));
  ASSERT_TRUE(sets.ok()) << sets.status();
  const KnnWatch watch(*std::move(sets), {.views = Views(), .neighbours = 20, .threads = 2});
  EXPECT_NEAR(watch.chance(), 0.25, 1e-9);
  // Differences along rows and down columns, which know stripes whatever their colours.
  const auto knowing = watch.Measure(2, [](std::span<const float> pictures, std::span<float> features) {
    constexpr size_t kRow = 3 * kPatternSide, kView = kRow * kPatternSide;
    std::fill(features.begin(), features.end(), 0.0f);
    for (size_t i = 0; i < pictures.size(); ++i) {
      const size_t within = i % kView;
      if (within % kRow >= 3) features[i / kView * 2] += std::abs(pictures[i] - pictures[i - 3]);
      if (within >= kRow) features[i / kView * 2 + 1] += std::abs(pictures[i] - pictures[i - kRow]);
    }
    return absl::OkStatus();
  });
  const auto blind = watch.Measure(1, [](std::span<const float>, std::span<float> features) {
    std::fill(features.begin(), features.end(), 1.0f);
    return absl::OkStatus();
  });
  ASSERT_TRUE(knowing.ok()) << knowing.status();
  EXPECT_GT(*knowing, 0.7);
  EXPECT_NEAR(blind.value(), 0.25, 1e-9);
}

}  // namespace
}  // namespace shoal
