#include "worker/images/set_augmentation.h"

#include <vector>

#include "data/images/image_file_writer.h"
#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class SetAugmentationTest : public ::testing::Test {
 protected:
  // Square pictures of these sides, in this order.
  std::unique_ptr<ImageFile> SetOf(const std::vector<int>& sides) const {
    auto writer = ImageFileWriter::Create(folder_.Path("x.images"), "a test's", {}).value();
    for (const int side : sides) {
      const std::vector<uint8_t> pixels(size_t{3} * side * side);
      EXPECT_TRUE(writer->Append({.path = "picture", .size = {side, side}}, pixels.data()).ok());
    }
    EXPECT_TRUE(writer->Commit({}, {}, {{.1, .2, .3}, {.4, .5, .6}}).ok());
    return ImageFile::Open(folder_.Path("x.images")).value();
  }

  int ViewSize(const ImageFile& images) const {
    const auto settings = AugmentationOf(job_, images);
    EXPECT_TRUE(settings.ok()) << settings.status();
    return settings.ok() ? settings->size : 0;
  }

  const TemporaryFolder folder_;
  job::Job job_;
};

TEST_F(SetAugmentationTest, ViewsAreOfThePicturesUsualSizeWhateverTheFirstOneIs) {
  EXPECT_EQ(ViewSize(*SetOf({1, 40, 36, 40, 300})), 40);
}

TEST_F(SetAugmentationTest, PicturesTooSmallForANetNeedASizeToBeEnlargedTo) {
  const auto images = SetOf({4, 4, 40});
  EXPECT_THAT(std::string(AugmentationOf(job_, *images).status().message()),
              AllOf(HasSubstr("encoder.augmentation.size is 0, for views of the pictures' own size, but their shorter "
                              "sides have usually 4 pixels"),
                    HasSubstr("encoder.augmentation.size=32")));
  job_.mutable_encoder()->mutable_augmentation()->set_size(32);
  EXPECT_EQ(ViewSize(*images), 32);
}

TEST_F(SetAugmentationTest, ALargeSetIsJudgedByPicturesFromAllOverIt) {
  std::vector<int> sides(30000, 9);
  std::fill(sides.begin(), sides.begin() + 14000, 8);
  EXPECT_EQ(ViewSize(*SetOf(sides)), 9);
}

}  // namespace
}  // namespace shoal
