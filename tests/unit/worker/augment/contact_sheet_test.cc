#include "worker/augment/contact_sheet.h"

#include <algorithm>
#include <vector>

#include "gmock/gmock.h"
#include "tests/unit/worker/augment/pixmap.h"
#include "worker/augment/augmenter.h"

namespace shoal {
namespace {

using ::testing::HasSubstr;

// The cell's pixels, one for each pixel of the view.
std::vector<uint8_t> Cell(const ContactSheet& sheet, int size, int row, int column) {
  const ImageView view = sheet.view();
  const int enlargement = 128 / size, cell = size * enlargement + 4;
  std::vector<uint8_t> pixels;
  for (int y = 0; y < size; ++y) {
    for (int x = 0; x < size; ++x) {
      const size_t at =
          size_t{1} * (4 + row * cell + y * enlargement) * view.width + 4 + column * cell + x * enlargement;
      pixels.insert(pixels.end(), view.pixels + 3 * at, view.pixels + 3 * at + 3);
    }
  }
  return pixels;
}

TEST(ContactSheetTest, ARowHasThePictureAndItsViewsInPairs) {
  const AugmentationSettings settings = RecipeSettings(AugmentationRecipe::kSimClr, 32);
  const Pixmap first = Waves(32, 32), second = Waves(40, 60);
  ContactSheet sheet = ContactSheet::Create(settings, /*seed=*/7, /*rows=*/2, /*pairs=*/3).value();
  sheet.Add(first.view(), 100);
  sheet.Add(second.view(), 101);
  EXPECT_EQ(sheet.view().width, 4 + 7 * 132);
  EXPECT_EQ(sheet.view().height, 4 + 2 * 132);
  EXPECT_EQ(Cell(sheet, 32, 0, 0), first.pixels);
  Augmenter augmenter(settings);
  std::vector<uint8_t> expected(3 * 32 * 32);
  const DrawnView drawn = DrawView(settings, 40, 60, {.seed = 7, .epoch = 2, .image = 101, .view = 1});
  augmenter.Render(second.view(), drawn, expected.data());
  EXPECT_EQ(Cell(sheet, 32, 1, 6), expected);
}

TEST(ContactSheetTest, PicturesBeyondItsRowsAreLeftOut) {
  const Pixmap picture = Waves(32, 32);
  ContactSheet sheet = ContactSheet::Create(RecipeSettings(AugmentationRecipe::kNone, 32), 1, 1, 1).value();
  sheet.Add(picture.view(), 0);
  const std::vector<uint8_t> before(sheet.view().pixels, sheet.view().pixels + sheet.view().bytes());
  sheet.Add(picture.view(), 1);
  EXPECT_TRUE(std::equal(before.begin(), before.end(), sheet.view().pixels));
}

TEST(ContactSheetTest, ASheetOfGigabytesIsRefusedBeforeRoomIsTaken) {
  const AugmentationSettings settings = RecipeSettings(AugmentationRecipe::kNone, AugmentationSettings::kMaxSize);
  const auto sheet = ContactSheet::Create(settings, 1, ContactSheet::kMaxRows, ContactSheet::kMaxPairs);
  EXPECT_EQ(sheet.status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(sheet.status().message()), HasSubstr("42152 x 205604 pixels, more than the limit of"));
}

}  // namespace
}  // namespace shoal
