#include "data/images/image_set.h"

#include <sys/stat.h>

#include <filesystem>

#include "common/text.h"
#include "gmock/gmock.h"
#include "tests/unit/data/images/made_pictures.h"
#include "tests/unit/evaluate/temporary_folder.h"

namespace shoal {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ImageSetTest : public ::testing::Test {
 protected:
  // Files at these paths of the folder; of pictures only the names count here.
  void Make(const std::vector<std::string>& paths) {
    for (const std::string& path : paths) {
      fs::create_directories(fs::path(folder_.Path(path)).parent_path());
      folder_.Write(path, "x");
    }
  }
  job::Images At(const std::string& path) const {
    job::Images images;
    images.add_path(path.empty() ? folder_.path() : folder_.Path(path));
    return images;
  }
  ImageSet Find(const job::Images& images) const {
    auto set = FindImageSet(images);
    EXPECT_TRUE(set.ok()) << set.status();
    return set.ok() ? *std::move(set) : ImageSet{};
  }
  std::string Error(const job::Images& images) const {
    const auto set = FindImageSet(images);
    EXPECT_FALSE(set.ok());
    return std::string(ToStd(set.status().message()));
  }
  // "cat/1.jpg=0": path from the folder, and label.
  std::vector<std::string> Found(const ImageSet& set) const {
    std::vector<std::string> found;
    for (size_t i = 0; i < set.files.size(); ++i) {
      const std::string path = fs::path(set.files[i].path).lexically_relative(fs::canonical(folder_.path())).string();
      found.push_back(set.labels.empty() ? path : Cat(path, "=", set.labels[i]));
    }
    return found;
  }

  const TemporaryFolder folder_;
};

TEST_F(ImageSetTest, FoldersOfPicturesAreClasses) {
  Make({"dog/b.jpg", "dog/a.JPEG", "cat/deep/er/c.png", "cat/d.jpg"});
  const ImageSet set = Find(At(""));
  EXPECT_EQ(set.layout, job::Images::FOLDERS);
  EXPECT_THAT(set.classes, ElementsAre("cat", "dog"));
  EXPECT_THAT(Found(set), ElementsAre("cat/d.jpg=0", "cat/deep/er/c.png=0", "dog/a.JPEG=1", "dog/b.jpg=1"));
  EXPECT_THAT(set.description, HasSubstr("2 class folders of "));
}

TEST_F(ImageSetTest, PicturesInOneFolderHaveNoLabels) {
  Make({"b.jpg", "a.png"});
  const ImageSet set = Find(At(""));
  EXPECT_EQ(set.layout, job::Images::FLAT);
  EXPECT_THAT(Found(set), ElementsAre("a.png=-1", "b.jpg=-1"));
  EXPECT_THAT(set.classes, IsEmpty());
}

TEST_F(ImageSetTest, PicturesAtMixedDepthsHaveNoLabels) {
  Make({"top.jpg", "holiday/2019/a.jpg", "holiday/b.jpg", "work/c.jpg"});
  const ImageSet set = Find(At(""));
  EXPECT_EQ(set.layout, job::Images::FLAT);
  EXPECT_THAT(Found(set), ElementsAre("holiday/2019/a.jpg=-1", "holiday/b.jpg=-1", "top.jpg=-1", "work/c.jpg=-1"));
}

TEST_F(ImageSetTest, LayoutsThatAreGivenAreTaken) {
  Make({"top.jpg", "cat/a.jpg"});
  job::Images images = At("");
  images.set_layout(job::Images::FOLDERS);
  EXPECT_THAT(Found(Find(images)), ElementsAre("cat/a.jpg=0", "top.jpg=-1"));
  Make({"dog/b.jpg"});
  images.set_layout(job::Images::FLAT);
  EXPECT_THAT(Found(Find(images)), ElementsAre("cat/a.jpg=-1", "dog/b.jpg=-1", "top.jpg=-1"));
  images.set_layout(job::Images::CIFAR);
  EXPECT_THAT(Error(images), HasSubstr("has no files of the layout CIFAR"));
  images.set_layout(job::Images::LIST);
  EXPECT_THAT(Error(images), HasSubstr("is a folder, and the layout LIST wants a text file"));
}

TEST_F(ImageSetTest, ADividedFolderGivesThePartThatIsAskedFor) {
  Make({"train/cat/1.jpg", "train/dog/2.jpg", "Val/cat/3.jpg", "Val/dog/4.jpg", "test/5.jpg"});
  job::Images images = At("");
  EXPECT_THAT(Found(Find(images)), ElementsAre("train/cat/1.jpg=0", "train/dog/2.jpg=1"));
  images.set_split(job::Images::TEST);
  EXPECT_THAT(Found(Find(images)), ElementsAre("Val/cat/3.jpg=0", "Val/dog/4.jpg=1"));
}

TEST_F(ImageSetTest, ADividedFolderMayBeWithoutLabels) {
  Make({"train/1.jpg", "test/2.jpg"});
  job::Images images = At("");
  EXPECT_THAT(Found(Find(images)), ElementsAre("train/1.jpg=-1"));
  images.set_split(job::Images::TEST);
  EXPECT_THAT(Found(Find(images)), ElementsAre("test/2.jpg=-1"));
}

TEST_F(ImageSetTest, AClassCalledTrainDividesNothing) {
  Make({"train/1.jpg", "car/2.jpg", "plane/3.jpg"});
  EXPECT_THAT(Find(At("")).classes, ElementsAre("car", "plane", "train"));
}

TEST_F(ImageSetTest, TheTestPartOfAnUndividedSetIsRefusedWithTheCure) {
  Make({"cat/1.jpg", "dog/2.jpg"});
  job::Images images = At("");
  images.set_split(job::Images::TEST);
  EXPECT_THAT(Error(images), HasSubstr("give the held-out part by its own path, with split TRAIN"));
}

TEST_F(ImageSetTest, FoldersThatWrapTheSetArePassedThrough) {
  Make({"flowers/flowers/rose/1.jpg", "flowers/flowers/lily/2.jpg"});
  EXPECT_THAT(Find(At("")).classes, ElementsAre("lily", "rose"));
}

TEST_F(ImageSetTest, WhatIsNoPictureHidesNoClasses) {
  Make({"README.txt", "flowers/rose/1.jpg", "flowers/lily/2.jpg", "flowers/list.csv", "notes/a.txt"});
  const ImageSet set = Find(At(""));
  EXPECT_THAT(set.classes, ElementsAre("lily", "rose"));
  EXPECT_THAT(set.description,
              ::testing::EndsWith("2 class folders of " + fs::canonical(folder_.Path("flowers")).string()));
  Make({"near/a/1.jpg", "near/a.jpg"});
  EXPECT_THAT(Found(Find(At("near"))), ElementsAre("near/a.jpg=-1", "near/a/1.jpg=-1"));
  Make({"near2/a/1.jpg", "near2/a0.jpg"});
  EXPECT_THAT(Found(Find(At("near2"))), ElementsAre("near2/a/1.jpg=-1", "near2/a0.jpg=-1"));
  Make({"cifar/README", "cifar/cifar/data_batch_1.bin"});
  EXPECT_EQ(Find(At("cifar")).layout, job::Images::CIFAR);
}

TEST_F(ImageSetTest, AClassIsTheSameBelowAllPaths) {
  Make({"a/cat/1.jpg", "a/dog/2.jpg", "b/cow/3.jpg", "b/dog/4.jpg"});
  job::Images images = At("a");
  images.add_path(folder_.Path("b"));
  EXPECT_THAT(Found(Find(images)), ElementsAre("a/cat/1.jpg=0", "a/dog/2.jpg=2", "b/cow/3.jpg=1", "b/dog/4.jpg=2"));
}

TEST_F(ImageSetTest, PathsOfDifferentLayoutsAreRefused) {
  Make({"a/cat/1.jpg", "a/dog/2.jpg", "b/3.jpg"});
  job::Images images = At("a");
  images.add_path(folder_.Path("b"));
  EXPECT_THAT(Error(images), HasSubstr("paths of one set are of one layout"));
}

TEST_F(ImageSetTest, WhatIsNoPictureIsLeftOutAndCounted) {
  Make({"cat/1.jpg", "dog/2.png", "dog/readme.txt", "dog/3.gif", "dog/4.gif", ".hidden/5.jpg", "dog/.6.jpg",
        "__MACOSX/7.jpg"});
  const ImageSet set = Find(At(""));
  EXPECT_THAT(Found(set), ElementsAre("cat/1.jpg=0", "dog/2.png=1"));
  EXPECT_EQ(set.other_files, 3);
  EXPECT_EQ(set.other_kinds, "2 .gif, 1 .txt");
  for (int i = 0; i < 20; ++i) Make({Cat("cat/log.", 10 + i)});
  EXPECT_EQ(Find(At("")).other_kinds, "2 .gif, 1 .10, 1 .11, 1 .12, 1 .13, 1 .14, 1 .15, 1 .16 and 14 more kinds");
}

TEST_F(ImageSetTest, AFileWithoutASuffixIsToldByItsContent) {
  Make({"cat/1.jpg", "dog/2.jpg", "dog/NOTES"});
  folder_.Write("dog/3", PngFile(Gradient(4, 4)));
  const ImageSet set = Find(At(""));
  EXPECT_THAT(Found(set), ElementsAre("cat/1.jpg=0", "dog/2.jpg=1", "dog/3=1"));
  EXPECT_EQ(set.other_kinds, "1 without a suffix");
}

TEST_F(ImageSetTest, LinksAreFollowedAndLoopsEnd) {
  Make({"store/n1/1.jpg", "store/n2/2.jpg", "store/3.jpg"});
  fs::create_directories(folder_.Path("set/c"));
  fs::create_directory_symlink(folder_.Path("store/n1"), folder_.Path("set/a"));
  fs::create_directory_symlink(folder_.Path("store/n2"), folder_.Path("set/b"));
  fs::create_symlink(folder_.Path("store/3.jpg"), folder_.Path("set/c/3.jpg"));
  fs::create_directory_symlink(folder_.Path("set"), folder_.Path("set/c/loop"));
  EXPECT_THAT(Found(Find(At("set"))), ElementsAre("set/a/1.jpg=0", "set/b/2.jpg=1", "set/c/3.jpg=2"));
}

TEST_F(ImageSetTest, ALinkToNothingStaysAPictureToBeToldAsBroken) {
  Make({"a/1.jpg", "b/2.jpg"});
  fs::create_symlink("nowhere.jpg", folder_.Path("b/3.jpg"));
  EXPECT_THAT(Found(Find(At(""))), ElementsAre("a/1.jpg=0", "b/2.jpg=1", "b/3.jpg=1"));
}

TEST_F(ImageSetTest, TheFirstOfEachClassAreTakenInOrder) {
  Make({"a/1.jpg", "a/2.jpg", "a/3.jpg", "b/4.jpg", "b/5.jpg", "b/6.jpg"});
  job::Images images = At("");
  images.set_first_of_class(2);
  const ImageSet set = Find(images);
  EXPECT_THAT(Found(set), ElementsAre("a/1.jpg=0", "a/2.jpg=0", "b/4.jpg=1", "b/5.jpg=1"));
  EXPECT_EQ(set.not_taken, 2);
}

TEST_F(ImageSetTest, AListIsToldByItsBeingText) {
  Make({"pictures/1.jpg"});
  folder_.Write("set.txt", "pictures/1.jpg\tcat\npictures/missing.jpg\tdog\n");
  const ImageSet set = Find(At("set.txt"));
  EXPECT_EQ(set.layout, job::Images::LIST);
  EXPECT_THAT(Found(set), ElementsAre("pictures/1.jpg=0", "pictures/missing.jpg=1"));
  EXPECT_EQ(set.beside.size(), 1u);
}

TEST_F(ImageSetTest, OnePictureIsASet) {
  folder_.Write("one.jpg", JpegFile(Gradient(8, 8)));
  EXPECT_THAT(Found(Find(At("one.jpg"))), ElementsAre("one.jpg=-1"));
}

TEST_F(ImageSetTest, CifarFilesAreToldByTheirNames) {
  Make({"cifar/data_batch_2.bin", "cifar/data_batch_1.bin", "cifar/test_batch.bin", "cifar/readme.html"});
  job::Images images = At("");
  const ImageSet set = Find(images);
  EXPECT_EQ(set.layout, job::Images::CIFAR);
  EXPECT_THAT(Found(set), ElementsAre("cifar/data_batch_1.bin", "cifar/data_batch_2.bin"));
  images.set_split(job::Images::TEST);
  EXPECT_THAT(Found(Find(images)), ElementsAre("cifar/test_batch.bin"));
}

TEST_F(ImageSetTest, IdxFilesAreToldByTheirNamesOrTheirContent) {
  folder_.Write("train-images-idx3-ubyte.gz", Gzip(IdxImages(2, 3, 3)));
  folder_.Write("train-labels-idx1-ubyte.gz", Gzip(IdxLabels({1, 2})));
  folder_.Write("t10k-images-idx3-ubyte", IdxImages(2, 3, 3));
  folder_.Write("some.data", Gzip(IdxImages(2, 3, 3)));
  job::Images images = At("");
  const ImageSet set = Find(images);
  EXPECT_EQ(set.layout, job::Images::IDX);
  EXPECT_THAT(Found(set), ElementsAre("train-images-idx3-ubyte.gz"));
  EXPECT_EQ(set.beside.size(), 1u);
  images.set_split(job::Images::TEST);
  EXPECT_THAT(Found(Find(images)), ElementsAre("t10k-images-idx3-ubyte"));
  EXPECT_EQ(Find(At("some.data")).layout, job::Images::IDX);
}

TEST_F(ImageSetTest, WhatCannotBeASetIsRefusedWithTheReason) {
  EXPECT_THAT(Error(At("missing")), HasSubstr("data.images.path: cannot read"));
  EXPECT_THAT(Error(job::Images()), HasSubstr("data.images.path is empty"));
  Make({"texts/a.txt"});
  EXPECT_THAT(Error(At("texts")), HasSubstr("no pictures in or below"));
  EXPECT_THAT(Error(At("texts")), HasSubstr("what is there: 1 .txt"));
  folder_.Write("bytes.dat", std::string("\0\1\2\3", 4));
  EXPECT_THAT(Error(At("bytes.dat")), HasSubstr("neither a picture (JPEG, PNG) nor a CIFAR or IDX file nor a list"));
}

TEST_F(ImageSetTest, AFileGivenByALinkIsToldByTheLinksName) {
  Make({"store/1.jpg", "set/1.jpg"});
  folder_.Write("store/4f1c", "1.jpg\tcat\n");
  fs::create_symlink(folder_.Path("store/4f1c"), folder_.Path("set/list.txt"));
  EXPECT_THAT(Found(Find(At("set/list.txt"))), ElementsAre("set/1.jpg=0"));
  folder_.Write("store/a0b1", IdxImages(2, 3, 3));
  folder_.Write("store/c2d3", IdxLabels({1, 2}));
  fs::create_symlink(folder_.Path("store/a0b1"), folder_.Path("set/train-images-idx3-ubyte"));
  fs::create_symlink(folder_.Path("store/c2d3"), folder_.Path("set/train-labels-idx1-ubyte"));
  EXPECT_EQ(Find(At("set/train-images-idx3-ubyte")).beside.size(), 1u);
  folder_.Write("store/e4f5", CifarRecord(1, 1, 2, 3));
  fs::create_symlink(folder_.Path("store/e4f5"), folder_.Path("set/data_batch_1.bin"));
  EXPECT_EQ(Find(At("set/data_batch_1.bin")).layout, job::Images::CIFAR);
}

TEST_F(ImageSetTest, PathsKeepTheNamesOfLinksButWhereDotsFollowOne) {
  Make({"store/deep/cat/1.jpg", "store/other/2.jpg"});
  fs::create_directory_symlink(folder_.Path("store/deep"), folder_.Path("link"));
  EXPECT_THAT(Found(Find(At("link/cat"))), ElementsAre("link/cat/1.jpg=-1"));
  EXPECT_THAT(Found(Find(At("./link//cat/../cat/"))), ElementsAre("link/cat/1.jpg=-1"));
  EXPECT_THAT(Found(Find(At("link/../other"))), ElementsAre("store/other/2.jpg=-1"));
}

TEST_F(ImageSetTest, APipeIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo(folder_.Path("pipe").c_str(), 0600), 0);
  EXPECT_THAT(Error(At("pipe")), HasSubstr("pipe: it is neither a file nor a folder"));
  ASSERT_EQ(::mkfifo(folder_.Path("data_batch_1.bin").c_str(), 0600), 0);
  EXPECT_THAT(Error(At("")), HasSubstr("data_batch_1.bin: it is neither a file nor a folder"));
  fs::remove(folder_.Path("data_batch_1.bin"));
  folder_.Write("data_batch_1.bin", CifarRecord(1, 1, 2, 3));
  ASSERT_EQ(::mkfifo(folder_.Path("batches.meta.txt").c_str(), 0600), 0);
  EXPECT_THAT(Find(At("")).classes, IsEmpty());
}

TEST_F(ImageSetTest, CifarFilesOfDifferentClassesAreRefused) {
  Make({"ten/data_batch_1.bin", "more/data_batch_2.bin", "hundred/train.bin"});
  job::Images images = At("ten");
  images.add_path(folder_.Path("hundred"));
  EXPECT_THAT(Error(images), HasSubstr("ten/data_batch_1.bin is a CIFAR-10 file and "));
  images.set_path(1, folder_.Path("more"));
  EXPECT_EQ(Find(images).files.size(), 2u);
  folder_.Write("ten/batches.meta.txt", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\n");
  EXPECT_EQ(Find(images).classes.size(), 10u);
  folder_.Write("more/batches.meta.txt", "b\na\nc\nd\ne\nf\ng\nh\ni\nj\n");
  EXPECT_THAT(Error(images), HasSubstr("more/data_batch_2.bin are not those beside "));
}

TEST_F(ImageSetTest, AHeldOutPartHasItsClassesWhereThePartToTrainOnHasThem) {
  Make({"one/train/cat/1.jpg", "one/train/dog/2.jpg", "one/val/dog/3.jpg"});
  job::Images images = At("one");
  images.set_split(job::Images::TEST);
  EXPECT_THAT(Found(Find(images)), ElementsAre("one/val/dog/3.jpg=0"));
  EXPECT_THAT(Find(images).classes, ElementsAre("dog"));
  Make({"deep/train/pet/cat/1.jpg", "deep/train/wild/fox/2.jpg", "deep/val/pet/cat/3.jpg", "deep/val/pet/dog/4.jpg"});
  images.set_path(0, folder_.Path("deep"));
  EXPECT_THAT(Find(images).classes, ElementsAre("pet"));
  Make({"wrapped/train/all/cat/1.jpg", "wrapped/train/all/dog/2.jpg", "wrapped/val/all/dog/3.jpg"});
  images.set_path(0, folder_.Path("wrapped"));
  EXPECT_THAT(Find(images).classes, ElementsAre("dog"));
  // Where the two parts are laid out otherwise, each is by itself.
  Make({"other/train/all/cat/1.jpg", "other/train/all/dog/2.jpg", "other/val/3.jpg"});
  images.set_path(0, folder_.Path("other"));
  EXPECT_THAT(Found(Find(images)), ElementsAre("other/val/3.jpg=-1"));
}

TEST_F(ImageSetTest, APackedListIsReadUnpacked) {
  Make({"1.jpg"});
  folder_.Write("list.txt.gz", Gzip("1.jpg\tcat\n"));
  EXPECT_THAT(Found(Find(At("list.txt.gz"))), ElementsAre("1.jpg=0"));
}

TEST_F(ImageSetTest, NamesOfClassesAreALineEach) {
  Make({"a\nb/1.jpg", "a\\nb/2.jpg", "\x1b[2J/3.jpg", "caf\xc3\xa9/4.jpg"});
  EXPECT_THAT(Find(At("")).classes, ElementsAre("\\033[2J", "a\\nb", "a\\\\nb", "caf\xc3\xa9"));
}

}  // namespace
}  // namespace shoal
