// Sets that people use, from the folder that the variable SHOAL_TEST_DATA names; skipped where there is none. They are
// no part of this repository: images/fashion-mnist/*.gz, and the archives images/*.tar and *.tar.xz that tests name.

#include <cstdlib>
#include <filesystem>

#include "common/text.h"
#include "data/images/image_file.h"
#include "data/images/prepare_images.h"
#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;

class RealSetsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* const data = std::getenv("SHOAL_TEST_DATA");
    if (data == nullptr) GTEST_SKIP() << "SHOAL_TEST_DATA names no folder of data sets";
    images_ = Cat(data, "/images");
  }
  // Empty, and the test skipped, where there is no such archive.
  std::string Unpacked(const std::string& archive) {
    const std::string path = Cat(images_, "/", archive);
    if (!fs::exists(path)) return "";
    EXPECT_EQ(std::system(Cat("tar xf '", path, "' -C '", folder_.path(), "'").c_str()), 0);
    return folder_.path();
  }
  std::unique_ptr<ImageFile> Prepare(const job::Images& images) {
    const auto prepared = PrepareImages(images, folder_.Path(".cache"), nullptr);
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    auto file = ImageFile::Open(prepared.ok() ? prepared->path : "");
    EXPECT_TRUE(file.ok()) << file.status();
    return file.ok() ? *std::move(file) : nullptr;
  }
  std::unique_ptr<ImageFile> Prepare(const std::string& path, job::Images::Split split = job::Images::TRAIN) {
    job::Images images;
    images.add_path(path);
    images.set_split(split);
    return Prepare(images);
  }

  const TemporaryFolder folder_;
  std::string images_;
  ImageBuffer buffer_;
};

TEST_F(RealSetsTest, FashionMnistHasItsKnownMeanAndDeviation) {
  const std::string path = Cat(images_, "/fashion-mnist");
  if (!fs::exists(path)) GTEST_SKIP() << path << " is not there";
  const auto train = Prepare(path);
  EXPECT_EQ(train->Describe(), "60,000 pictures of 28 x 28 in 10 classes");
  EXPECT_NEAR(train->statistics().mean[0], 0.2860, 5e-5);
  EXPECT_NEAR(train->statistics().deviation[1], 0.3530, 5e-5);
  EXPECT_EQ(Prepare(path, job::Images::TEST)->size(), 10000);
}

TEST_F(RealSetsTest, CifarsFirstPictureIsTheKnownOne) {
  const std::string path = Unpacked("cifar-10-batches-bin-5k.tar.xz");
  if (path.empty()) GTEST_SKIP() << "no such archive";
  const auto train = Prepare(path);
  EXPECT_EQ(train->Describe(), "4,000 pictures of 32 x 32 in 10 classes");
  EXPECT_EQ(train->label(0), 6);
  EXPECT_EQ(train->class_name(6), "frog");
  const uint8_t* const pixels = train->Read(0, &buffer_)->pixels;
  EXPECT_THAT((std::vector<int>{pixels[0], pixels[3], pixels[6], pixels[9], pixels[12]}),
              ElementsAre(59, 43, 50, 68, 98));
  EXPECT_EQ(Prepare(path, job::Images::TEST)->size(), 1000);
}

TEST_F(RealSetsTest, ImagenetteIsDividedIntoTenClassesEach) {
  const std::string path = Unpacked("imagenette-160.tar");
  if (path.empty()) GTEST_SKIP() << "no such archive";
  const auto train = Prepare(path), test = Prepare(path, job::Images::TEST);
  EXPECT_EQ(train->size(), 1500);
  EXPECT_EQ(test->size(), 400);
  ASSERT_EQ(train->classes(), 10);
  for (uint64_t i = 0; i < 10; ++i) EXPECT_EQ(train->class_name(i), test->class_name(i));
}

TEST_F(RealSetsTest, PhotosOfManySizesAreReadWithTheSamePixelsEitherWay) {
  const std::string path = Unpacked("ants-bees-44.tar");
  if (path.empty()) GTEST_SKIP() << "no such archive";
  job::Images images;
  images.add_path(path);
  images.set_shrink_to(96);
  const auto decoded = Prepare(images);
  images.set_decode_limit_bytes(0);
  const auto indexed = Prepare(images);
  ASSERT_EQ(decoded->size(), 44);
  ASSERT_EQ(indexed->size(), 44);
  for (uint64_t i = 0; i < 44; ++i) {
    const auto expected = decoded->Read(i, &buffer_), read = indexed->Read(i, &buffer_);
    ASSERT_TRUE(read.ok()) << read.status();
    ASSERT_EQ(std::min(read->width, read->height), 96);
    ASSERT_EQ(read->bytes(), expected->bytes());
    EXPECT_TRUE(std::equal(read->pixels, read->pixels + read->bytes(), expected->pixels)) << i;
  }
}

}  // namespace
}  // namespace shoal
