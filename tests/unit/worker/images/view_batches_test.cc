#include "worker/images/view_batches.h"

#include <unistd.h>

#include <filesystem>
#include <string>
#include <vector>

#include "common/files.h"
#include "common/status.h"
#include "data/images/prepare_images.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/unit/worker/probes/pattern_set.h"
#include "worker/augment/view_arithmetic.h"

namespace shoal {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;

constexpr int kSide = 6;

// An IDX file of grey pictures, no two alike.
std::string IdxOf(uint32_t pictures) {
  std::string file;
  for (const uint32_t number : {2051u, pictures, uint32_t{kSide}, uint32_t{kSide}}) {
    for (int shift = 24; shift >= 0; shift -= 8) file.push_back(static_cast<char>(number >> shift));
  }
  for (uint32_t picture = 0; picture < pictures; ++picture) {
    for (int pixel = 0; pixel < kSide * kSide; ++pixel) file.push_back(static_cast<char>(picture * 5 + pixel));
  }
  return file;
}

class ViewBatchesTest : public ::testing::Test {
 protected:
  static constexpr uint32_t kPictures = 40;

  ViewBatchesTest() : folder_(Cat(::testing::TempDir(), "view_batches.", ::getpid())) {
    std::filesystem::create_directories(folder_);
    EXPECT_TRUE(WriteFileAtomically(folder_ + "/train-images-idx3-ubyte", IdxOf(kPictures)).ok());
    job::Images set;
    set.add_path(folder_);
    const auto prepared = PrepareImages(set, folder_ + "/cache", {});
    EXPECT_TRUE(prepared.ok()) << prepared.status();
    auto images = ImageFile::Open(prepared->path);
    EXPECT_TRUE(images.ok()) << images.status();
    images_ = *std::move(images);
  }
  ~ViewBatchesTest() override { std::filesystem::remove_all(folder_); }

  ViewBatches::Settings SettingsWith(uint32_t threads) const {
    return {.augmentation = RecipeSettings(AugmentationRecipe::kSimClr, kSide), .seed = 3, .threads = threads};
  }

  // The pixels of `steps` batches of four pictures each, foretold at once.
  std::vector<std::vector<float>> PixelsOf(const ViewBatches::Settings& settings, int steps) {
    ViewBatches batches(images_.get(), settings);
    std::vector<std::vector<float>> pixels;
    for (int step = 0; step < steps; ++step) {
      const auto first = static_cast<uint32_t>(step * 4);
      batches.Foretell(step, std::vector<uint32_t>{first, first + 1, first + 2, first + 3});
    }
    for (int step = 0; step < steps; ++step) {
      auto batch = batches.Take(absl::Seconds(30));
      EXPECT_TRUE(batch.ok() && *batch != nullptr) << batch.status();
      EXPECT_EQ((*batch)->pictures[0], static_cast<uint32_t>(step * 4));
      const std::span<const float> first = (*batch)->floats(0);
      pixels.emplace_back(first.data(), first.data() + first.size() * (*batch)->views);
      batches.Recycle(*std::move(batch));
    }
    return pixels;
  }

  // So many batches of pictures 0 to 3, whose second views are of pictures 3 to 0.
  absl::Status TakeEpochs(const ImageFile& images, uint32_t epochs, double max_broken_fraction) {
    auto settings = SettingsWith(2);
    settings.max_broken_fraction = max_broken_fraction;
    ViewBatches batches(&images, settings);
    for (uint32_t epoch = 0; epoch < epochs; ++epoch) {
      batches.Foretell(epoch, std::vector<uint32_t>{0, 1, 2, 3}, std::vector<uint32_t>{3, 2, 1, 0});
      auto batch = batches.Take(absl::Seconds(30));
      RETURN_IF_ERROR(batch.status());
      batches.Recycle(*std::move(batch));
    }
    return absl::OkStatus();
  }

  const std::string folder_;
  std::unique_ptr<ImageFile> images_;
};

TEST_F(ViewBatchesTest, BatchesComeInTheOrderInWhichTheyWereForetoldWithTheAugmentersViews) {
  const auto settings = SettingsWith(2);
  const auto pixels = PixelsOf(settings, 5);
  Augmenter augmenter(settings.augmentation);
  ImageBuffer buffer;
  std::vector<float> expected(augmenter.view_floats());
  for (uint32_t step = 0; step < 5; ++step) {
    for (uint32_t view = 0; view < 2; ++view) {
      for (uint32_t i = 0; i < 4; ++i) {
        const uint64_t picture = step * 4 + i;
        augmenter.View(*images_->Read(picture, &buffer), {3, step, picture, view}, expected.data());
        const float* got = pixels[step].data() + (view * 4 + i) * expected.size();
        ASSERT_TRUE(std::equal(expected.begin(), expected.end(), got)) << step << " " << view << " " << i;
      }
    }
  }
}

TEST_F(ViewBatchesTest, TheNumberOfThreadsChangesNoPixel) {
  EXPECT_EQ(PixelsOf(SettingsWith(1), 6), PixelsOf(SettingsWith(3), 6));
}

TEST_F(ViewBatchesTest, ViewsOf8BitsBecomeTheOthersByNormalisingInTheMemoryThatWasAskedFor) {
  auto settings = SettingsWith(2);
  const auto expected = PixelsOf(settings, 1);
  std::vector<std::shared_ptr<uint8_t[]>> handed_out;
  settings.form = ViewForm::kLevels;
  settings.allocate = [&](size_t bytes) {
    handed_out.push_back(std::make_shared<uint8_t[]>(bytes));
    return handed_out.back();
  };
  ViewBatches batches(images_.get(), settings);
  for (int step = 0; step < 3; ++step) {
    batches.Foretell(0, std::vector<uint32_t>{0, 1, 2, 3});
    const auto batch = batches.Take(absl::Seconds(30));
    ASSERT_TRUE(batch.ok() && *batch != nullptr) << batch.status();
    EXPECT_THAT(handed_out, Contains((*batch)->memory));
    const LevelScaling scaling = LevelScalingOf(settings.augmentation);
    const std::span<const uint8_t> first = (*batch)->levels(0), second = (*batch)->levels(1);
    ASSERT_EQ(first.size() + second.size(), expected[0].size());
    for (size_t i = 0; i < expected[0].size(); ++i) {
      const uint8_t level = i < first.size() ? first[i] : second[i - first.size()];
      const float scaled = scaling.scales[i % 3] * level;
      ASSERT_EQ(scaled + scaling.offsets[i % 3], expected[0][i]) << i;
    }
    batches.Recycle(std::make_unique<ViewBatch>(std::move(**batch)));
  }
  EXPECT_LE(handed_out.size(), 3) << "recycled memory serves again";
}

TEST_F(ViewBatchesTest, OneViewOfAPictureIsTheFirstOfTwo) {
  auto one = SettingsWith(1);
  one.views = 1;
  const auto single = PixelsOf(one, 1), pair = PixelsOf(SettingsWith(1), 1);
  ASSERT_EQ(2 * single[0].size(), pair[0].size());
  EXPECT_TRUE(std::equal(single[0].begin(), single[0].end(), pair[0].begin()));
}

TEST_F(ViewBatchesTest, SecondViewsOfOtherPicturesAreTheViewsThatThesePicturesHaveAnyway) {
  const auto settings = SettingsWith(2);
  const auto usual = PixelsOf(settings, 1)[0];
  const size_t floats = usual.size() / 8;  // Two views of pictures 0 to 3.
  ViewBatches batches(images_.get(), settings);
  const std::vector<uint32_t> pictures = {0, 1, 2, 3}, second_pictures = {2, 0, 3, 1};
  batches.Foretell(/*epoch=*/0, pictures, second_pictures);
  const auto batch = batches.Take(absl::Seconds(30));
  ASSERT_TRUE(batch.ok() && *batch != nullptr) << batch.status();
  const std::span<const float> first = (*batch)->floats(0), second = (*batch)->floats(1);
  EXPECT_TRUE(std::equal(first.begin(), first.end(), usual.begin()));
  for (size_t place = 0; place < 4; ++place) {
    const auto expected = std::span(usual).subspan((4 + second_pictures[place]) * floats, floats);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), second.begin() + place * floats)) << place;
  }
}

TEST_F(ViewBatchesTest, DrawnViewsOfDecodedPicturesBecomeTheOthersByAnAugmenter) {
  auto settings = SettingsWith(2);
  for (const std::vector<uint32_t>& second_pictures : {std::vector<uint32_t>{}, std::vector<uint32_t>{2, 0, 3, 1}}) {
    std::vector<std::unique_ptr<ViewBatch>> taken;
    for (const ViewForm form : {ViewForm::kFloats, ViewForm::kDrawn}) {
      settings.form = form;
      ViewBatches batches(images_.get(), settings);
      batches.Foretell(/*epoch=*/0, std::vector<uint32_t>{0, 1, 2, 3}, second_pictures);
      auto batch = batches.Take(absl::Seconds(30));
      ASSERT_TRUE(batch.ok() && *batch != nullptr) << batch.status();
      taken.push_back(*std::move(batch));
    }
    const ViewBatch &made = *taken[0], &drawn = *taken[1];
    Augmenter augmenter(settings.augmentation);
    std::vector<float> view(augmenter.view_floats());
    for (uint32_t number = 0; number < 2; ++number) {
      ASSERT_EQ(drawn.drawn_views(number).size(), 4);
      for (size_t place = 0; place < 4; ++place) {
        const BatchView& of = drawn.drawn_views(number)[place];
        augmenter.Apply(drawn.decoded.picture(of.picture), of.drawn, view.data());
        const auto expected = made.floats(number).subspan(place * view.size(), view.size());
        EXPECT_TRUE(std::equal(view.begin(), view.end(), expected.begin())) << number << " " << place;
      }
    }
  }
}

TEST_F(ViewBatchesTest, ABrokenPictureIsReplacedInEveryEpochAndCountsOnce) {
  const auto images = WritePatternFiles(folder_ + "/apart", 8, /*key=*/1, /*broken=*/1);
  EXPECT_EQ(TakeEpochs(*images, 5, /*max_broken_fraction=*/1.0 / 8), absl::OkStatus());
}

TEST_F(ViewBatchesTest, MoreBrokenPicturesThanMayBeAreAnErrorThatNamesTheFirst) {
  const auto images = WritePatternFiles(folder_ + "/apart", 8, /*key=*/1, /*broken=*/2);
  const absl::Status status = TakeEpochs(*images, 1, /*max_broken_fraction=*/1.0 / 8);
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(
      std::string(status.message()),
      HasSubstr("2 of the 8 pictures cannot be read, and data.images.max_broken_fraction allows 1; the first: "));
}

TEST_F(ViewBatchesTest, ASetOfBrokenPicturesOnlyEndsWhateverMayBeBroken) {
  const auto images = WritePatternFiles(folder_ + "/apart", 8, /*key=*/1, /*broken=*/8);
  EXPECT_TRUE(absl::IsDataLoss(TakeEpochs(*images, 1, /*max_broken_fraction=*/1)));
}

TEST_F(ViewBatchesTest, WithNothingForetoldThereIsNothingToTake) {
  ViewBatches batches(images_.get(), SettingsWith(1));
  const auto batch = batches.Take(absl::Milliseconds(5));
  ASSERT_TRUE(batch.ok());
  EXPECT_EQ(*batch, nullptr);
}

TEST_F(ViewBatchesTest, ItEndsInTheMiddleOfItsWork) {
  ViewBatches batches(images_.get(), SettingsWith(2));
  std::vector<uint32_t> all(kPictures);
  for (uint32_t i = 0; i < kPictures; ++i) all[i] = i;
  for (uint32_t epoch = 0; epoch < 50; ++epoch) batches.Foretell(epoch, all);
}

}  // namespace
}  // namespace shoal
