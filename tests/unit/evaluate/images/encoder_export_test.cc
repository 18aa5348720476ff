#include "evaluate/images/encoder_export.h"

#include <string>

#include "common/json_object.h"
#include "data/safetensors.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/evaluate/temporary_folder.h"
#include "worker/models/backbone_metadata.h"

namespace shoal {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

class EncoderExportTest : public ::testing::Test {
 protected:
  // The output folder of a run that trained `net`.
  void MakeRun(const BackboneDescription& net, const std::string& augmentation = "") {
    ASSERT_TRUE(MakeDirectories(run_).ok());
    folder_.Write("run/job.textproto", Cat("objective { simclr { } } data { images { } } encoder { net: RESNET50 ",
                                           "augmentation { ", augmentation, " } }\n"));
    const SafeTensors content{.metadata = MetadataOf(net),
                              .tensors = {{"conv1.weight", {1, 2}, {0.1f, -3}}, {"bn1.bias", {1}, {7}}}};
    ASSERT_TRUE(WriteSafeTensors(Cat(run_, "/backbone.safetensors"), content).ok());
  }
  std::string Error(std::string_view form, const std::string& path) const {
    return std::string(ExportEncoder(run_, form, path).status().message());
  }
  void ExpectTensorsOf(const std::string& path) const {
    const auto written = ReadSafeTensors(path);
    ASSERT_TRUE(written.ok()) << written.status();
    ASSERT_NE(written->Find("conv1.weight"), nullptr);
    EXPECT_THAT(written->Find("conv1.weight")->values, ElementsAre(0.1f, -3.0f));
    EXPECT_EQ(written->tensors.size(), 2);
    EXPECT_EQ(written->metadata.at("format"), "pt");
  }

  static constexpr BackboneDescription kResNet50 = {.architecture = Architecture::kResNet50,
                                                    .stem = Stem::kImageNet,
                                                    .image_size = 224,
                                                    .normalisation = {{0.485f, 0.456f, 0.406f}, {0.25f, 0.5f, 1}}};
  const TemporaryFolder folder_;
  const std::string run_ = folder_.Path("run");
};

TEST_F(EncoderExportTest, TorchvisionGetsTheTensorsUnderTheirNames) {
  MakeRun(kResNet50);
  const std::string path = folder_.Path("net.safetensors");
  const auto paths = ExportEncoder(run_, "torchvision", path);
  ASSERT_TRUE(paths.ok()) << paths.status();
  EXPECT_THAT(*paths, ElementsAre(path));
  ExpectTensorsOf(path);
}

TEST_F(EncoderExportTest, TimmGetsAFolderWithTheTensorsAndWhatPicturesTheNetTakes) {
  MakeRun(kResNet50, "evaluation_crop: 0.75");
  const auto paths = ExportEncoder(run_, "timm", folder_.Path("net"));
  ASSERT_TRUE(paths.ok()) << paths.status();
  EXPECT_THAT(*paths, ElementsAre(folder_.Path("net/model.safetensors"), folder_.Path("net/config.json")));
  ExpectTensorsOf(folder_.Path("net/model.safetensors"));
  EXPECT_EQ(*ReadFile(folder_.Path("net/config.json")),
            R"({"architecture":"resnet50","num_classes":0,"num_features":2048,"global_pool":"avg","pretrained_cfg":{)"
            R"("tag":"shoal","custom_load":false,"input_size":[3,224,224],"fixed_input_size":false,)"
            R"("interpolation":"bilinear","crop_pct":0.75,"crop_mode":"center","mean":[0.485,0.456,0.406],)"
            R"("std":[0.25,0.5,1],"num_classes":0,"pool_size":[7,7],"first_conv":"conv1","classifier":"fc"}})"
            "\n");
}

TEST_F(EncoderExportTest, WhereTheJobIsSilentTheCropIsThatOfItsEvaluation) {
  MakeRun(kResNet50);
  ASSERT_TRUE(ExportEncoder(run_, "timm", folder_.Path("net")).ok());
  const auto config = JsonObject::Load(folder_.Path("net/config.json"));
  EXPECT_EQ(config->Object("pretrained_cfg").Number("crop_pct"), 0.875);
}

TEST_F(EncoderExportTest, TheSmallNetIsRefusedWithWhatLoadsIt) {
  MakeRun({.architecture = Architecture::kSmall});
  for (const char* form : {"torchvision", "timm"}) {
    EXPECT_THAT(Error(form, folder_.Path("net.safetensors")), HasSubstr(Cat("SMALL, shoal's own, and ", form)));
  }
}

TEST_F(EncoderExportTest, TheStemOfSmallPicturesGoesToTorchvisionAndNotToTimm) {
  MakeRun({.architecture = Architecture::kResNet18, .stem = Stem::kCifar});
  EXPECT_THAT(Error("timm", folder_.Path("net")), HasSubstr("timm's resnet18 cannot be told"));
  EXPECT_EQ(Error("torchvision", folder_.Path("net.safetensors")), "");
}

TEST_F(EncoderExportTest, TorchvisionsFileMustBeCalledWhatItIs) {
  EXPECT_THAT(Error("torchvision", "net.pth"), HasSubstr("--output is net.pth, not a name that ends in .safetensors"));
}

TEST_F(EncoderExportTest, ARunOfWordsIsToldByWhatItIs) {
  ASSERT_TRUE(MakeDirectories(run_).ok());
  folder_.Write("run/job.textproto", "objective { skip_gram { dim: 8 } }\n");
  EXPECT_THAT(Error("timm", folder_.Path("net")), HasSubstr("word vectors are exported --to word2vec-binary"));
}

TEST_F(EncoderExportTest, ABackboneWithoutItsDescriptionIsTold) {
  MakeRun(kResNet50);
  ASSERT_TRUE(WriteSafeTensors(Cat(run_, "/backbone.safetensors"), {.metadata = {{"format", "pt"}}}).ok());
  EXPECT_THAT(Error("timm", folder_.Path("net")), HasSubstr("__metadata__ has no \"net\""));
}

}  // namespace
}  // namespace shoal
