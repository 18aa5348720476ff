// The TensorAugmenter against the Augmenter: the same bytes and the same floats, on the CPU and where there is one, on
// a GPU.

#include "worker/augment/tensor_augmenter.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "common/random.h"
#include "common/text.h"
#include "tests/unit/worker/augment/pixmap.h"
#include "worker/augment/augmenter.h"
#include "worker/augment/resample_plan.h"
#include "worker/augment/view_arithmetic.h"
#include "worker/models/gpus.h"
#include "worker/models/torch_guard.h"

namespace shoal {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using Kind = ColourStep::Kind;

std::vector<at::DeviceType> Devices() {
  std::vector<at::DeviceType> devices = {at::kCPU};
  if (Gpus() > 0) devices.push_back(at::kCUDA);
  return devices;
}

// Each pixel of any colour.
Pixmap Confetti(int width, int height) {
  Pixmap pixmap(width, height);
  CounterRandom random(5);
  for (uint8_t& level : pixmap.pixels) level = static_cast<uint8_t>(random.NextBelow(256));
  return pixmap;
}

PictureBatch Batch(const std::vector<Pixmap>& pictures) {
  PictureBatch batch;
  for (const Pixmap& picture : pictures) EXPECT_TRUE(batch.Add(picture.view()).ok());
  return batch;
}

// Larger and smaller than the views, upright and lying, and lines of pixels.
PictureBatch MixedPictures() {
  return Batch({Waves(32, 32), Waves(256, 256), Waves(500, 375), Waves(120, 301), Confetti(90, 97), Waves(1, 1),
                Waves(3, 400), Waves(400, 2)});
}

AugmentationSettings Recipe(AugmentationRecipe recipe, int size) {
  AugmentationSettings settings = RecipeSettings(recipe, size);
  settings.mean = {0.485f, 0.456f, 0.406f};
  settings.std = {0.229f, 0.224f, 0.225f};
  return settings;
}

// Everything there is, as often as possible.
AugmentationSettings Strong(int size) {
  AugmentationSettings settings = Recipe(AugmentationRecipe::kSimClr, size);
  settings.blur_probability = {0.7, 0.7};
  settings.solarise_probability = {0.2, 0.2};
  return settings;
}

// `count` views of each picture.
std::vector<BatchView> DrawViews(const AugmentationSettings& settings, const PictureBatch& pictures, uint32_t count) {
  std::vector<BatchView> views;
  for (uint32_t i = 0; i < count; ++i) {
    for (size_t picture = 0; picture < pictures.size(); ++picture) {
      const ImageView image = pictures.picture(picture);
      const ViewKey key = {.seed = 3, .epoch = i / 2, .image = picture, .view = i % 2};
      views.push_back({picture, DrawView(settings, image.width, image.height, key)});
    }
  }
  return views;
}

// Of one picture of a view's size, which is not resized then: `change` makes each of `count` views.
template <typename Change>
std::vector<BatchView> WholePictures(const AugmentationSettings& settings, int count, const Change& change) {
  std::vector<BatchView> views(count, {0, EvaluationView(settings, settings.size, settings.size)});
  for (int i = 0; i < count; ++i) change(i, &views[i].drawn);
  return views;
}

class TensorAugmenterTest : public testing::TestWithParam<at::DeviceType> {
 protected:
  // Torch's threads meet after each of many short operations, which is slow where tests run side by side.
  static void SetUpTestSuite() { at::set_num_threads(1); }

  at::Tensor OnCpu(const absl::StatusOr<at::Tensor>& made) {
    EXPECT_TRUE(made.ok()) << made.status().ToString();
    return made.ok() ? made->cpu().contiguous() : at::Tensor();
  }

  // Every float of `views`, beside the Augmenter's.
  void ExpectTheAugmentersViews(const AugmentationSettings& settings, const PictureBatch& pictures,
                                const std::vector<BatchView>& views,
                                int64_t piece_pixels = TensorAugmenter::kPiecePixels) {
    const at::Tensor made = OnCpu(TensorAugmenter(settings, GetParam(), piece_pixels).Apply(pictures, views));
    ASSERT_EQ(made.sizes(), ShapeOf(settings, views));
    Augmenter augmenter(settings);
    std::vector<float> expected(augmenter.view_floats());
    for (size_t i = 0; i < views.size(); ++i) {
      const ImageView picture = pictures.picture(views[i].picture);
      augmenter.Apply(picture, views[i].drawn, expected.data());
      ASSERT_EQ(Differences<float>(made, i, expected), "")
          << "view " << i << " of picture " << views[i].picture << ", " << picture.width << " x " << picture.height;
    }
  }

  // The same before they are normalised.
  void ExpectTheAugmentersBytes(const AugmentationSettings& settings, const PictureBatch& pictures,
                                const std::vector<BatchView>& views) {
    const at::Tensor made = OnCpu(TensorAugmenter(settings, GetParam()).Render(pictures, views));
    ASSERT_EQ(made.sizes(), ShapeOf(settings, views));
    Augmenter augmenter(settings);
    std::vector<uint8_t> expected(augmenter.view_floats());
    for (size_t i = 0; i < views.size(); ++i) {
      augmenter.Render(pictures.picture(views[i].picture), views[i].drawn, expected.data());
      ASSERT_EQ(Differences<uint8_t>(made, i, expected), "") << "view " << i;
    }
  }

 private:
  static std::vector<int64_t> ShapeOf(const AugmentationSettings& settings, const std::vector<BatchView>& views) {
    return {static_cast<int64_t>(views.size()), settings.size, settings.size, 3};
  }

  // How many numbers of view `view` are not as expected, and by how much; nothing where all are.
  template <typename T>
  static std::string Differences(const at::Tensor& views, size_t view, const std::vector<T>& expected) {
    const T* const values = views.const_data_ptr<T>() + view * expected.size();
    size_t count = 0;
    double most = 0;
    for (size_t i = 0; i < expected.size(); ++i) {
      if (values[i] == expected[i]) continue;
      ++count;
      most = std::max(most, std::abs(static_cast<double>(values[i]) - expected[i]));
    }
    return count == 0 ? "" : Cat(count, " of ", expected.size(), " differ, by ", most, " at most");
  }
};

TEST_P(TensorAugmenterTest, ViewsOfEveryRecipeAreTheAugmenters) {
  const PictureBatch pictures = MixedPictures();
  for (const int size : {32, 96, 224}) {
    for (const auto recipe : {AugmentationRecipe::kSimClr, AugmentationRecipe::kMocoV1, AugmentationRecipe::kMocoV2}) {
      const AugmentationSettings settings = Recipe(recipe, size);
      ExpectTheAugmentersViews(settings, pictures, DrawViews(settings, pictures, size == 32 ? 40 : 600 / size));
    }
  }
}

TEST_P(TensorAugmenterTest, ViewsWithAllThereIsAreTheAugmentersAsBytesToo) {
  const PictureBatch pictures = MixedPictures();
  for (const int size : {1, 7, 32, 33, 96}) {
    const std::vector<BatchView> views = DrawViews(Strong(size), pictures, 16);
    ExpectTheAugmentersViews(Strong(size), pictures, views);
    ExpectTheAugmentersBytes(Strong(size), pictures, views);
  }
}

TEST_P(TensorAugmenterTest, EvaluationsAreTheAugmenters) {
  for (const int size : {32, 96, 224}) {
    const AugmentationSettings settings = Recipe(AugmentationRecipe::kNone, size);
    const PictureBatch pictures = MixedPictures();
    std::vector<BatchView> views;
    for (size_t i = 0; i < pictures.size(); ++i) {
      views.push_back({i, EvaluationView(settings, pictures.picture(i).width, pictures.picture(i).height)});
    }
    ExpectTheAugmentersViews(settings, pictures, views);
  }
}

TEST_P(TensorAugmenterTest, CropsAloneAreTheAugmentersFlippedOrNotAndInEitherOrderOfTheirPasses) {
  AugmentationSettings settings = Recipe(AugmentationRecipe::kNone, 96);
  settings.random_crop = true;
  settings.crop_ratio = {0.25, 4};
  settings.flip_probability = 0.5;
  const PictureBatch pictures = Batch({Waves(500, 375), Waves(120, 301)});
  const std::vector<BatchView> views = DrawViews(settings, pictures, 60);
  int flipped_columns_first = 0;
  for (const BatchView& view : views) flipped_columns_first += view.drawn.flip && ColumnsFirst(view.drawn.resizing);
  ASSERT_GT(flipped_columns_first, 5);
  ExpectTheAugmentersViews(settings, pictures, views);
}

TEST_P(TensorAugmenterTest, EachColourStepAloneIsTheAugmenters) {
  for (const int size : {32, 96, 224}) {
    const AugmentationSettings settings = Recipe(AugmentationRecipe::kNone, size);
    for (const Kind kind : {Kind::kBrightness, Kind::kContrast, Kind::kSaturation, Kind::kGrey}) {
      ExpectTheAugmentersViews(settings, Batch({Confetti(size, size)}),
                               WholePictures(settings, 19, [kind](int i, DrawnView* view) {
                                 view->AddStep(kind, 0.1f * static_cast<float>(i));
                               }));
    }
  }
}

TEST_P(TensorAugmenterTest, EveryTurnOfTheHueIsTheAugmenters) {
  const AugmentationSettings settings = Recipe(AugmentationRecipe::kNone, 96);
  ExpectTheAugmentersViews(settings, Batch({Confetti(96, 96)}),
                           WholePictures(settings, 256, [](int i, DrawnView* view) {
                             view->AddStep(Kind::kHue, static_cast<float>(i - 128) / 255);
                           }));
}

TEST_P(TensorAugmenterTest, TurnedHuesOfAMillionColoursAreTheAugmenters) {
  // All greens and blues, beside every seventeenth red.
  const AugmentationSettings settings = Recipe(AugmentationRecipe::kNone, 1024);
  Pixmap colours(1024, 1024);
  for (int i = 0; i < 1024 * 1024; ++i) {
    colours.pixels[3 * i] = static_cast<uint8_t>(17 * (i >> 16));
    colours.pixels[3 * i + 1] = static_cast<uint8_t>(i >> 8);
    colours.pixels[3 * i + 2] = static_cast<uint8_t>(i);
  }
  ExpectTheAugmentersViews(settings, Batch({colours}), WholePictures(settings, 2, [](int i, DrawnView* view) {
                             view->AddStep(Kind::kHue, 0.2f * static_cast<float>(i) - 0.1f);
                           }));
}

TEST_P(TensorAugmenterTest, StepsAreDoneInEachViewsOwnOrder) {
  const AugmentationSettings settings = Recipe(AugmentationRecipe::kNone, 32);
  const Kind kinds[] = {Kind::kBrightness, Kind::kContrast, Kind::kSaturation, Kind::kHue, Kind::kGrey};
  ExpectTheAugmentersViews(settings, Batch({Confetti(32, 32)}),
                           WholePictures(settings, 25, [&kinds](int i, DrawnView* view) {
                             for (int step = 0; step <= i % 5; ++step) {
                               view->AddStep(kinds[(i + step * (1 + i / 7)) % 5], 0.3f + 0.1f * (i % 3));
                             }
                           }));
}

TEST_P(TensorAugmenterTest, BlursOfAllWidthsInOneBatchAreTheAugmenters) {
  for (const int size : {32, 96, 224}) {
    AugmentationSettings settings = Recipe(AugmentationRecipe::kNone, size);
    settings.blur_kernel = size == 32 ? 63 : 23;
    ExpectTheAugmentersViews(settings, Batch({Confetti(size, size)}),
                             WholePictures(settings, 20, [](int i, DrawnView* view) {
                               view->blur_sigma = i == 7 ? 0 : 0.1f + 0.2f * static_cast<float>(i);
                             }));
  }
}

TEST_P(TensorAugmenterTest, SolarisationIsTheAugmentersAtEveryThreshold) {
  for (const int threshold : {0, 1, 128, 255, 256}) {
    AugmentationSettings settings = Recipe(AugmentationRecipe::kNone, 32);
    settings.solarise_threshold = threshold;
    ExpectTheAugmentersViews(settings, Batch({Confetti(32, 32)}),
                             WholePictures(settings, 3, [](int i, DrawnView* view) { view->solarise = i % 2 == 0; }));
  }
}

TEST_P(TensorAugmenterTest, InHoweverManyPiecesABatchIsMadeItsViewsAreTheSame) {
  const PictureBatch pictures = MixedPictures();
  const std::vector<BatchView> views = DrawViews(Strong(32), pictures, 6);
  for (const int64_t piece_pixels : {int64_t{16'000}, int64_t{50'000}, int64_t{1} << 30}) {
    const auto pieces = ResamplePieces(pictures, views, 32, piece_pixels);
    ASSERT_TRUE(pieces.ok()) << pieces.status().ToString();
    if (piece_pixels < 100'000) {
      EXPECT_GE(pieces->size(), 3);
    }
    ExpectTheAugmentersViews(Strong(32), pictures, views, piece_pixels);
  }
}

TEST_P(TensorAugmenterTest, NoViewsAreATensorOfNone) {
  const TensorAugmenter augmenter(Strong(32), GetParam());
  EXPECT_EQ(OnCpu(augmenter.Apply({}, {})).sizes(), (std::vector<int64_t>{0, 32, 32, 3}));
}

INSTANTIATE_TEST_SUITE_P(, TensorAugmenterTest, testing::ValuesIn(Devices()),
                         [](const auto& device) { return at::DeviceTypeName(device.param); });

TEST(TensorAugmenterErrorsTest, AViewThatItsPictureCannotGiveIsNamed) {
  const PictureBatch pictures = Batch({Waves(40, 30)});
  const TensorAugmenter augmenter(Strong(32), at::kCPU);
  std::vector<BatchView> views = DrawViews(Strong(32), pictures, 2);
  views[1].picture = 1;
  EXPECT_THAT(augmenter.Apply(pictures, views).status().ToString(),
              HasSubstr("INVALID_ARGUMENT: view 1 is of picture 1, and the batch has 1"));
  views[1] = {0, EvaluationView(Strong(32), 41, 30)};
  EXPECT_THAT(augmenter.Apply(pictures, views).status().ToString(),
              HasSubstr("view 1 takes a box of 41 x 30 at 0, 0, which its picture 0 of 40 x 30 does not hold"));
  views[1] = {0, EvaluationView(Strong(16), 40, 30)};
  EXPECT_THAT(augmenter.Apply(pictures, views).status().ToString(), HasSubstr("which has no 32 pixels from there on"));
  views[1] = views[0];
  views[1].drawn.colour_steps = 6;
  EXPECT_THAT(augmenter.Apply(pictures, views).status().ToString(), HasSubstr("view 1 has 6 colour steps, not 0..5"));
}

TEST(TensorAugmenterErrorsTest, APictureTooLargeForAPieceIsNamedWithItsCure) {
  const PictureBatch pictures = Batch({Waves(2, 2), Waves(5, 3000)});
  const TensorAugmenter augmenter(Strong(8), at::kCPU, 10'000);
  const BatchView view = {1, EvaluationView(Strong(8), 5, 3000)};
  EXPECT_THAT(augmenter.Apply(pictures, {&view, 1}).status().ToString(),
              AllOf(HasSubstr("RESOURCE_EXHAUSTED: view 0 is of picture 1 of 5 x 3000"),
                    HasSubstr("make the picture smaller when it is decoded")));
}

TEST(TensorAugmenterErrorsTest, WhereThereIsNoSuchDeviceTorchSaysSo) {
  if (Gpus() > 0) GTEST_SKIP() << "needs a build or a host without a GPU";
  const auto make = [] {
    const TensorAugmenter augmenter(Strong(4), at::kCUDA);
    return absl::OkStatus();
  };
  EXPECT_THAT(TorchGuard("an augmenter", make).ToString(), HasSubstr("INTERNAL: an augmenter: "));
}

TEST(PictureBatchTest, PicturesLieEndToEndAndEmptyOnesAreRefused) {
  PictureBatch batch = Batch({Waves(3, 2), Waves(5, 4)});
  EXPECT_EQ(batch.Add({}).code(), absl::StatusCode::kInvalidArgument);
  ASSERT_EQ(batch.size(), 2);
  EXPECT_EQ(batch.first_pixel(1), 6);
  EXPECT_EQ(batch.pixels().size(), 3 * 26);
  const ImageView second = batch.picture(1);
  EXPECT_EQ(std::vector<uint8_t>(second.pixels, second.pixels + second.bytes()), Waves(5, 4).pixels);
  batch.Clear();
  EXPECT_EQ(batch.size(), 0);
  EXPECT_TRUE(batch.pixels().empty());
}

TEST(PictureBatchTest, MorePixelsThanADeviceCountsAreRefusedBeforeTheyAreCopied) {
  PictureBatch batch = Batch({Waves(3, 2)});
  const ImageView huge = {nullptr, 1 << 15, 1 << 15};
  EXPECT_THAT(batch.Add(huge).ToString(), HasSubstr("RESOURCE_EXHAUSTED: picture 1 of the batch has 32768 x 32768"));
  EXPECT_EQ(batch.size(), 1);
}

}  // namespace
}  // namespace shoal
