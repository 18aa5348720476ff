#include "common/job/augmentation_job.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

#include "common/text.h"

namespace shoal {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr PictureTraits kPhotos = {.shorter_side = 256, .mean = {0.48f, 0.46f, 0.41f}, .std = {0.27f, 0.26f, 0.28f}};
constexpr PictureTraits kCifar = {.shorter_side = 32, .mean = {0.49f, 0.48f, 0.45f}, .std = {0.25f, 0.24f, 0.26f}};

absl::StatusOr<AugmentationSettings> Settings(const std::string& text, const PictureTraits& pictures = kPhotos) {
  job::Augmentation job;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &job)) << text;
  return SettingsOf(job, pictures, "augmentation");
}

std::string Error(const std::string& text) { return std::string(ToStd(Settings(text).status().message())); }

TEST(AugmentationJobTest, AnEmptyJobIsSimClrOnTheSetsOwnStatistics) {
  const auto settings = Settings("");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->size, 224);
  EXPECT_EQ(settings->crop_scale.least, 0.08);
  EXPECT_EQ(settings->brightness, 0.8);
  EXPECT_EQ(settings->hue, 0.2);
  EXPECT_EQ(settings->jitter_probability, 0.8);
  EXPECT_THAT(settings->blur_probability, ElementsAre(0.5, 0.5));
  EXPECT_EQ(settings->blur_kernel, 23);
  EXPECT_EQ(settings->evaluation_crop, 0.875);
  EXPECT_EQ(settings->mean, kPhotos.mean);
  EXPECT_EQ(settings->std, kPhotos.std);
}

TEST(AugmentationJobTest, SmallPicturesAreNotBlurredAndAreTakenWhole) {
  const auto settings = Settings("", kCifar);
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->size, 32);
  EXPECT_EQ(settings->brightness, 0.4);
  EXPECT_EQ(settings->hue, 0.1);
  EXPECT_THAT(settings->blur_probability, ElementsAre(0, 0));
  EXPECT_EQ(settings->evaluation_crop, 1);
}

TEST(AugmentationJobTest, MocosRecipesAreThoseOfItsPublicCode) {
  const auto v1 = Settings("recipe: MOCO_V1"), v2 = Settings("recipe: MOCO_V2");
  ASSERT_TRUE(v1.ok() && v2.ok());
  EXPECT_EQ(v1->crop_scale.least, 0.2);
  EXPECT_EQ(v1->jitter_probability, 1);
  EXPECT_EQ(v1->hue, 0.4);
  EXPECT_TRUE(v1->grey_before_jitter);
  EXPECT_THAT(v1->blur_probability, ElementsAre(0, 0));
  EXPECT_EQ(v2->crop_scale.least, 0.2);
  EXPECT_EQ(v2->jitter_probability, 0.8);
  EXPECT_EQ(v2->saturation, 0.4);
  EXPECT_EQ(v2->hue, 0.1);
  EXPECT_FALSE(v2->grey_before_jitter);
  EXPECT_THAT(v2->blur_probability, ElementsAre(0.5, 0.5));
}

TEST(AugmentationJobTest, AFieldOverridesTheRecipeZeroToo) {
  const auto settings = Settings(
      "size: 96 crop_scale_min: 0.3 crop_ratio_max: 2 flip_probability: 0 jitter_probability: 0.1 brightness: 0 "
      "contrast: 0.3 saturation: 0.2 hue: 0.05 grey_probability: 0 blur_kernel: 9 blur_sigma_max: 3 "
      "solarise_threshold: 99 evaluation_crop: 0.9 mean: [0.1, 0.2, 0.3] std: [0.5, 0.6, 0.7]");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->size, 96);
  EXPECT_EQ(settings->crop_scale.least, 0.3);
  EXPECT_EQ(settings->crop_scale.most, 1);
  EXPECT_EQ(settings->crop_ratio.most, 2);
  EXPECT_EQ(settings->flip_probability, 0);
  EXPECT_EQ(settings->jitter_probability, 0.1);
  EXPECT_EQ(settings->brightness, 0);
  EXPECT_EQ(settings->contrast, 0.3);
  EXPECT_EQ(settings->saturation, 0.2);
  EXPECT_EQ(settings->hue, 0.05);
  EXPECT_EQ(settings->grey_probability, 0);
  EXPECT_EQ(settings->blur_kernel, 9);
  EXPECT_EQ(settings->blur_sigma.most, 3);
  EXPECT_EQ(settings->solarise_threshold, 99);
  EXPECT_EQ(settings->evaluation_crop, 0.9);
  EXPECT_THAT(settings->mean, ElementsAre(0.1f, 0.2f, 0.3f));
  EXPECT_THAT(settings->std, ElementsAre(0.5f, 0.6f, 0.7f));
}

TEST(AugmentationJobTest, TheSecondViewFollowsTheFirstUnlessItHasItsOwn) {
  EXPECT_THAT(Settings("blur_probability: 0.9")->blur_probability, ElementsAre(0.9, 0.9));
  const auto byol = Settings("blur_probability: 1 second_blur_probability: 0.1 second_solarise_probability: 0.2");
  ASSERT_TRUE(byol.ok()) << byol.status();
  EXPECT_THAT(byol->blur_probability, ElementsAre(1, 0.1));
  EXPECT_THAT(byol->solarise_probability, ElementsAre(0, 0.2));
}

TEST(AugmentationJobTest, AFieldAtFaultIsNamed) {
  EXPECT_EQ(Error("blur_kernel: 4"), "augmentation.blur_kernel is 4, not an odd number in 1..255");
  EXPECT_EQ(Error("size: 8 blur_kernel: 23"),
            "augmentation.blur_kernel is 23, too wide for views of 8 pixels, whose border is mirrored once; use 15 at "
            "most");
  EXPECT_EQ(Error("crop_scale_min: 0.9 crop_scale_max: 0.5"),
            "augmentation.crop_scale_min is 0.9 and crop_scale_max 0.5; they must rise, from above 0 to at most 1");
  EXPECT_EQ(Error("mean: 0.5"), "augmentation.mean has 1 numbers, not three (red, green, blue) or none");
}

std::vector<std::string> MistakesOf(const std::string& text) {
  job::Augmentation job;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &job)) << text;
  return AugmentationMistakes(job, "augmentation");
}

TEST(AugmentationJobTest, AllMistakesThatDoNotDependOnThePicturesAreFoundInOneGo) {
  EXPECT_THAT(
      MistakesOf("crop_scale_max: 0.05 crop_ratio_min: 2 blur_sigma_min: 3 blur_sigma_max: 1 blur_kernel: 4 "
                 "mean: [0.1, 0.2] std: 1 evaluation_crop: 0.05"),
      ElementsAre(
          "augmentation.mean has 2 numbers, not three (red, green, blue) or none",
          "augmentation.std has 1 numbers, not three (red, green, blue) or none",
          "augmentation.crop_scale_min is 0.08 and crop_scale_max 0.05; they must rise, from above 0 to at most 1",
          "augmentation.crop_ratio_min is 2 and crop_ratio_max 1.33333; they must rise, from above 0 to at most "
          "1000",
          "augmentation.blur_sigma_min is 3 and blur_sigma_max 1; they must rise, from above 0 to at most 1000",
          "augmentation.blur_kernel is 4, not an odd number in 1..255",
          "augmentation.evaluation_crop is 0.05, not in 0.1..1"));
}

TEST(AugmentationJobTest, ABlurIsTooWideForAViewOnlyWhereTheJobGivesTheViewsSize) {
  EXPECT_THAT(MistakesOf("blur_kernel: 255"), ElementsAre());
  EXPECT_THAT(MistakesOf("size: 8 blur_kernel: 23"), ElementsAre(HasSubstr("too wide for views of 8 pixels")));
}

TEST(AugmentationJobTest, ASetWhosePicturesAreAllTheSameCanBeNormalised) {
  const auto settings = Settings("", {.shorter_side = 32, .mean = {1, 1, 1}, .std = {0, 0, 0}});
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_GT(settings->std[0], 0);
}

TEST(AugmentationJobTest, ViewsAreAsLargeAsSmallPicturesAndSevenEighthsOfLargeOnes) {
  EXPECT_EQ(DefaultViewSize(28), 28);
  EXPECT_EQ(DefaultViewSize(64), 64);
  EXPECT_EQ(DefaultViewSize(70), 64);
  EXPECT_EQ(DefaultViewSize(160), 140);
  EXPECT_EQ(DefaultViewSize(256), 224);
  EXPECT_EQ(DefaultViewSize(4000), 224);
}

}  // namespace
}  // namespace shoal
