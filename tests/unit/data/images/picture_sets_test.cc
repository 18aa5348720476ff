#include "data/images/picture_sets.h"

#include <filesystem>

#include "common/status.h"
#include "data/images/png_writer.h"
#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"
#include "tests/unit/worker/probes/pattern_set.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class PictureSetsTest : public ::testing::Test {
 protected:
  absl::StatusOr<PictureSets> Open(std::vector<std::string> data, std::vector<std::string> test = {}) {
    return PictureSets::Open(
        {.data = std::move(data), .test = std::move(test), .cache_directory = folder_.Path("cache")});
  }
  std::string Error(std::vector<std::string> data, std::vector<std::string> test = {}) {
    return std::string(Open(std::move(data), std::move(test)).status().message());
  }

  const TemporaryFolder folder_;
};

TEST_F(PictureSetsTest, ADividedSetGivesBothParts) {
  WritePatternFolders(folder_.Path("set/train"), 20, 1);
  WritePatternFolders(folder_.Path("set/test"), 8, 2);
  const auto sets = Open({folder_.Path("set")});
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(sets->train().size(), 20);
  EXPECT_EQ(sets->test().size(), 8);
  EXPECT_EQ(sets->classes(), 4);
  for (int32_t label = 0; label < 4; ++label) EXPECT_EQ(sets->LabelInTrain(label), label);
}

TEST_F(PictureSetsTest, TheFirstOfEachClassAreTakenOfEachPartByItself) {
  WritePatternFolders(folder_.Path("set/train"), 20, 1);
  WritePatternFolders(folder_.Path("set/test"), 12, 2);
  const auto sets = PictureSets::Open({.data = {folder_.Path("set")},
                                       .first_of_class = 4,
                                       .test_first_of_class = 2,
                                       .cache_directory = folder_.Path("cache")});
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(sets->train().size(), 16);
  EXPECT_EQ(sets->test().size(), 8);
}

TEST_F(PictureSetsTest, ClassesAreKnownByNameNotByNumber) {
  WritePatternFolders(folder_.Path("all"), 20, 1);
  WritePatternFolders(folder_.Path("few"), 20, 1);
  std::filesystem::remove_all(folder_.Path("few/across"));
  const auto sets = Open({folder_.Path("all")}, {folder_.Path("few")});
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(sets->test().class_name(0), "chequered");
  EXPECT_EQ(sets->LabelInTrain(0), 1);
  EXPECT_EQ(sets->LabelInTrain(2), 3);
}

TEST_F(PictureSetsTest, ClassesWithNothingToLearnOfAreNamed) {
  WritePatternFolders(folder_.Path("all"), 20, 1);
  WritePatternFolders(folder_.Path("few"), 20, 1, /*patterns=*/3);
  EXPECT_THAT(Error({folder_.Path("few")}, {folder_.Path("all")}),
              StartsWith("--test: there are pictures of 1 class that the pictures to learn from have none of: down"));
}

TEST_F(PictureSetsTest, WithoutAHeldOutPartTheCureIsAPathOfIts) {
  WritePatternFolders(folder_.Path("all"), 20, 1);
  EXPECT_EQ(
      Error({folder_.Path("all")}),
      Cat("--data: ", folder_.Path("all"),
          " has no part that is held out (val or test beside train); name the pictures to classify: --test PATH"));
}

TEST_F(PictureSetsTest, PicturesWithoutClassesAndOfOneClassAreRefused) {
  WritePatternFolders(folder_.Path("all"), 20, 1);
  ASSERT_TRUE(MakeDirectories(folder_.Path("flat")).ok());
  std::filesystem::copy(folder_.Path("all/disc"), folder_.Path("flat"));
  EXPECT_THAT(Error({folder_.Path("flat")}), StartsWith("--data: none of the 5 pictures has a class"));
  EXPECT_THAT(Error({folder_.Path("all")}, {folder_.Path("flat")}), StartsWith("--test: none of the 5 pictures"));
  ASSERT_TRUE(MakeDirectories(folder_.Path("one")).ok());
  std::filesystem::copy(folder_.Path("all/disc"), folder_.Path("one/disc"));
  ASSERT_TRUE(MakeDirectories(folder_.Path("list")).ok());
  const std::string list = folder_.Write("one.txt", "one/disc/2.png\tdisc\none/disc/6.png\tdisc\n");
  EXPECT_THAT(Error({list}, {folder_.Path("all")}), HasSubstr("all pictures are of one class, disc"));
}

TEST_F(PictureSetsTest, AMissingPathIsToldWithItsFlag) {
  WritePatternFolders(folder_.Path("all"), 20, 1);
  EXPECT_THAT(Error({folder_.Path("none")}), StartsWith("--data: "));
  EXPECT_THAT(Error({folder_.Path("all")}, {folder_.Path("none")}), StartsWith("--test: "));
}

TEST_F(PictureSetsTest, OfADividedSetToClassifyTheHeldOutPartIsTaken) {
  WritePatternFolders(folder_.Path("set/train"), 20, 1);
  WritePatternFolders(folder_.Path("set/test"), 8, 2);
  WritePatternFolders(folder_.Path("all"), 12, 3);
  const auto sets = Open({folder_.Path("set")}, {folder_.Path("set")});
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(sets->test().size(), 8);
  EXPECT_THAT(Error({folder_.Path("set")}, {folder_.Path("all"), folder_.Path("set")}),
              HasSubstr("set has a part that is held out (val or test beside train), and not all of the paths have"));
}

TEST_F(PictureSetsTest, AHeldOutPartOfOneClassHasItsLabels) {
  WritePatternFolders(folder_.Path("set/train"), 20, 1);
  WritePatternFolders(folder_.Path("set/test"), 8, 2, /*patterns=*/1);
  const auto sets = Open({folder_.Path("set")});
  ASSERT_TRUE(sets.ok()) << sets.status();
  EXPECT_EQ(sets->test().class_name(0), "across");
}

TEST_F(PictureSetsTest, PicturesToClassifyThatAreLearntFromAreRefused) {
  WritePatternFolders(folder_.Path("all"), 20, 1);
  std::filesystem::create_directory_symlink(folder_.Path("all"), folder_.Path("link"));
  EXPECT_THAT(Error({folder_.Path("all")}, {folder_.Path("all")}),
              HasSubstr("--test: 20 of the 20 pictures to classify are among those to learn from, as "));
  EXPECT_THAT(Error({folder_.Path("all")}, {folder_.Path("link")}), HasSubstr("20 of the 20 pictures to classify"));
  const std::string list = folder_.Write("some.txt", "all/disc/2.png\tdisc\n");
  EXPECT_THAT(Error({folder_.Path("all")}, {list}), HasSubstr("1 of the 1 pictures to classify"));
}

}  // namespace
}  // namespace shoal
