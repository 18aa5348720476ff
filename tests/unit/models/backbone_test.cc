#include "worker/models/backbone.h"

#include <vector>

#include "common/random.h"
#include "data/safetensors.h"
#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"
#include "worker/models/contrastive_learner.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int64_t kSize = 16, kPictures = 6;

class BackboneTest : public ::testing::Test {
 protected:
  // A learner after a step, so that its statistics are not those of the beginning, and its backbone in a file.
  void SetUp() override {
    LearnerSettings settings;
    settings.image_size = kSize;
    auto learner = ContrastiveLearner::Create(settings);
    ASSERT_TRUE(learner.ok()) << learner.status();
    learner_ = *std::move(learner);
    CounterRandom random(1);
    for (float& value : pictures_) value = 2 * random.NextFloat() - 1;
    const std::span<const float> views(pictures_);
    const size_t half = views.size() / 2;
    ASSERT_TRUE(
        learner_->Step({.first_views = views.first(half), .second_views = views.last(half), .learning_rate = 1}).ok());
    ASSERT_TRUE(learner_->ExportBackbone(path_, {.mean = {0.5, 0.4, 0.25}, .deviation = {0.2f, 0.3f, 1}}).ok());
  }
  SafeTensors Content() const { return ReadSafeTensors(path_).value(); }
  std::string LoadError(const SafeTensors& content) const {
    EXPECT_TRUE(WriteSafeTensors(path_, content).ok());
    const auto backbone = Backbone::Load(path_, /*threads=*/1);
    EXPECT_EQ(backbone.status().code(), absl::StatusCode::kDataLoss);
    return std::string(backbone.status().message());
  }

  const TemporaryFolder folder_;
  const std::string path_ = folder_.Path("backbone.safetensors");
  std::vector<float> pictures_ = std::vector<float>(kPictures * 3 * kSize * kSize);
  std::unique_ptr<ContrastiveLearner> learner_;
};

TEST_F(BackboneTest, ALoadedBackboneHasTheFeaturesOfItsLearner) {
  const auto backbone = Backbone::Load(path_, /*threads=*/1);
  ASSERT_TRUE(backbone.ok()) << backbone.status();
  ASSERT_EQ((*backbone)->features(), learner_->features());
  std::vector<float> expected(kPictures * learner_->features()), got(expected.size());
  ASSERT_TRUE(learner_->Features(pictures_, expected).ok());
  ASSERT_TRUE((*backbone)->Features(pictures_, got).ok());
  EXPECT_THAT(got, ElementsAreArray(expected));
}

TEST_F(BackboneTest, TheDescriptionSaysWhichPicturesItTakes) {
  const auto backbone = Backbone::Load(path_, /*threads=*/1);
  ASSERT_TRUE(backbone.ok()) << backbone.status();
  const BackboneDescription& description = (*backbone)->description();
  EXPECT_EQ(description.architecture, Architecture::kSmall);
  EXPECT_EQ(description.image_size, kSize);
  EXPECT_THAT(description.normalisation.mean, ElementsAre(0.5f, 0.4f, 0.25f));
  EXPECT_THAT(description.normalisation.deviation, ElementsAre(0.2f, 0.3f, 1));
}

TEST_F(BackboneTest, TheFileHasTheBackbonesTensorsAndNoneOfTheHead) {
  const SafeTensors content = Content();
  for (const NamedTensor& tensor : content.tensors) EXPECT_THAT(tensor.name, Not(HasSubstr("head"))) << tensor.name;
  const NamedTensor* const weight = content.Find("layer2.0.downsample.0.weight");
  ASSERT_NE(weight, nullptr);
  EXPECT_THAT(weight->shape, ElementsAre(32, 16, 1, 1));
  EXPECT_NE(content.Find("layer3.0.bn2.running_var"), nullptr);
  EXPECT_EQ(content.metadata.at("net"), "small");
}

TEST_F(BackboneTest, FilesThatDoNotFitTheirNetAreReportedByTensorOrEntry) {
  SafeTensors content = Content();
  content.tensors[0].name = "conv9.weight";
  EXPECT_THAT(LoadError(content), HasSubstr("tensor conv1.weight is missing"));
  content.tensors[0].name = "conv1.weight";
  content.tensors[0].shape = {content.tensors[0].values.size()};
  EXPECT_THAT(LoadError(content), HasSubstr("tensor conv1.weight has 432 values in another shape"));
  content.tensors[0].shape = {16, 3, 3, 3};
  content.tensors.push_back({"fc.bias", {1}, {0}});
  EXPECT_THAT(LoadError(content), HasSubstr("tensors, but the net has"));
  content.tensors.pop_back();
  content.metadata["net"] = "vgg";
  EXPECT_THAT(LoadError(content), HasSubstr("no net 'vgg' (there are: small, resnet18"));
  content.metadata["net"] = "small";
  content.metadata["mean"] = "0.5 0.4";
  EXPECT_THAT(LoadError(content), HasSubstr("mean is \"0.5 0.4\", expected 3 numbers"));
  content.metadata.erase("mean");
  EXPECT_THAT(LoadError(content), HasSubstr("has no \"mean\""));
}

TEST_F(BackboneTest, FeaturesOfTheWrongSizeAreRefusedWithBothSizes) {
  const auto backbone = Backbone::Load(path_, /*threads=*/1);
  ASSERT_TRUE(backbone.ok());
  std::vector<float> features(kPictures * 64 - 1);
  EXPECT_THAT(std::string((*backbone)->Features(pictures_, features).message()),
              HasSubstr("4608 floats of pictures and 383 of features, expected 768 and 64 for each picture"));
}

}  // namespace
}  // namespace shoal
