#include "evaluate/images/picture_neighbours.h"

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>

#include "common/random.h"
#include "common/status.h"
#include "data/images/decode.h"
#include "data/images/png_writer.h"
#include "gmock/gmock.h"
#include "tests/unit/evaluate/temporary_folder.h"
#include "tests/unit/worker/probes/pattern_set.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

class PictureNeighboursTest : public ::testing::Test {
 protected:
  void SetUp() override {
    WritePatternFolders(folder_.Path("set/train"), 40, 1);
    WritePatternFolders(folder_.Path("set/test"), 8, 2);
    auto sets = PictureSets::Open({.data = {folder_.Path("set")}, .cache_directory = folder_.Path("cache")});
    ASSERT_TRUE(sets.ok()) << sets.status();
    sets_ = std::make_unique<PictureSets>(*std::move(sets));
    bank_ = PictureFeatures(sets_->train(), encoder_, 1, 0).value();
  }
  absl::StatusOr<std::vector<PictureNeighbours>> Find(const std::vector<std::string>& paths, uint64_t count = 3) {
    return FindPictureNeighbours(*sets_, bank_, encoder_, paths, count);
  }

  // As the sets spell it.
  std::string Path(const std::string& name) const {
    return std::filesystem::path(folder_.Path(name)).lexically_normal().string();
  }

  const TemporaryFolder folder_;
  const FeatureEncoder encoder_ = RawPixels(RecipeSettings(AugmentationRecipe::kNone, kPatternSide));
  std::unique_ptr<PictureSets> sets_;
  Features bank_;
};

TEST_F(PictureNeighboursTest, APictureOfTheBankIsNotItsOwnNeighbour) {
  const std::string path = Path("set/train/disc/2.png");
  const auto found = Find({path});
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_EQ(found->size(), 1);
  EXPECT_EQ((*found)[0].class_name, "disc");
  ASSERT_EQ((*found)[0].nearest.size(), 3);
  for (const auto& near : (*found)[0].nearest) EXPECT_NE(near.path, path);
  EXPECT_GE((*found)[0].nearest[0].cosine, (*found)[0].nearest[1].cosine);
}

TEST_F(PictureNeighboursTest, ACopyElsewhereFindsItsOriginalFirst) {
  const std::vector<uint8_t> pixels = PatternPicture(2, StreamKey(1, 6));
  ASSERT_TRUE(WritePng(folder_.Path("copy.png"), {pixels.data(), kPatternSide, kPatternSide}).ok());
  const auto found = Find({folder_.Path("copy.png")});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ((*found)[0].class_name, "");
  EXPECT_EQ((*found)[0].nearest[0].path, Path("set/train/disc/6.png"));
  EXPECT_EQ((*found)[0].nearest[0].class_name, "disc");
  EXPECT_NEAR((*found)[0].nearest[0].cosine, 1, 1e-5);
}

TEST_F(PictureNeighboursTest, WhatIsNoPictureIsToldByItsName) {
  const std::string text = folder_.Write("notes.txt", "not a picture");
  EXPECT_THAT(std::string(Find({text}).status().message()), HasSubstr(text));
  EXPECT_THAT(std::string(Find({folder_.Path("none.png")}).status().message()), HasSubstr("none.png"));
}

TEST_F(PictureNeighboursTest, TheSheetHasARowOfThePictureAndItsNeighbours) {
  const std::vector<std::string> paths = {folder_.Path("set/test/down/3.png"), folder_.Path("set/test/disc/2.png")};
  const auto found = Find(paths, 4).value();
  ASSERT_TRUE(WriteNeighbourSheet(*sets_, found, encoder_.views, folder_.Path("sheet.png")).ok());
  ImageBuffer buffer;
  const std::string file = ReadFile(folder_.Path("sheet.png")).value();
  const auto sheet = DecodePicture(file, {}, &buffer);
  ASSERT_TRUE(sheet.ok()) << sheet.status();
  // Pictures of 16 pixels are shown 8 times as large, with margins of 4.
  EXPECT_EQ(sheet->width, 5 * 132 + 4);
  EXPECT_EQ(sheet->height, 2 * 132 + 4);
  const auto corner_of = [&](int row, int column) {
    const uint8_t* const at = sheet->pixels + 3 * (size_t{1} * (4 + row * 132) * sheet->width + 4 + column * 132);
    return std::vector<uint8_t>(at, at + 3);
  };
  const std::vector<uint8_t> asked = PatternPicture(2, StreamKey(2, 2));
  EXPECT_EQ(corner_of(1, 0), std::vector<uint8_t>(asked.begin(), asked.begin() + 3));
  const uint64_t nearest = found[1].nearest[0].picture;
  ImageBuffer other;
  const ImageView near = sets_->train().Read(nearest, &other).value();
  EXPECT_EQ(corner_of(1, 1), std::vector<uint8_t>(near.pixels, near.pixels + 3));
}

TEST_F(PictureNeighboursTest, APictureOfTheBankIsKnownThroughAnyLink) {
  std::filesystem::create_directory_symlink(folder_.Path("set"), folder_.Path("link"));
  const std::string path = Path("set/train/disc/2.png");
  const auto through_link = Find({folder_.Path("link/train/disc/2.png")});
  ASSERT_TRUE(through_link.ok()) << through_link.status();
  EXPECT_EQ((*through_link)[0].class_name, "disc");
  for (const auto& near : (*through_link)[0].nearest) EXPECT_NE(near.path, path);
  // And where the set is named by the link.
  const auto sets = PictureSets::Open({.data = {folder_.Path("link")}, .cache_directory = folder_.Path("cache")});
  ASSERT_TRUE(sets.ok()) << sets.status();
  for (const std::string& name : {path, Path("link/train/disc/2.png")}) {
    const std::vector<std::string> paths = {name};
    const auto found = FindPictureNeighbours(*sets, bank_, encoder_, paths, 3);
    ASSERT_TRUE(found.ok()) << found.status();
    for (const auto& near : (*found)[0].nearest) EXPECT_NE(near.path, Path("link/train/disc/2.png"));
  }
}

TEST_F(PictureNeighboursTest, APipeIsRefusedAndNotWaitedFor) {
  ASSERT_EQ(::mkfifo(folder_.Path("pipe.png").c_str(), 0600), 0);
  EXPECT_THAT(std::string(Find({folder_.Path("pipe.png")}).status().message()),
              HasSubstr("pipe.png: it is no regular file"));
}

TEST_F(PictureNeighboursTest, ASheetOfGigabytesIsRefused) {
  PictureNeighbours row{.path = Path("set/test/disc/2.png")};
  row.nearest.resize(kMostSheetNeighbours);
  const std::vector<PictureNeighbours> found(kMostSheetRows, row);
  AugmentationSettings views = encoder_.views;
  views.size = AugmentationSettings::kMaxSize;
  const absl::Status status = WriteNeighbourSheet(*sets_, found, views, folder_.Path("sheet.png"));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
}

}  // namespace
}  // namespace shoal
