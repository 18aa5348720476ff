#include "worker/augment/augmenter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <vector>

#include "tests/unit/worker/augment/pixmap.h"

namespace shoal {
namespace {

using testing::Each;

// Everything there is, as often as possible.
AugmentationSettings Strong(int size) {
  AugmentationSettings settings = RecipeSettings(AugmentationRecipe::kSimClr, size);
  settings.brightness = settings.contrast = settings.saturation = 0.8;
  settings.hue = 0.2;
  settings.blur_probability = {0.7, 0.7};
  settings.solarise_probability = {0.2, 0.2};
  settings.mean = {0.4f, 0.5f, 0.6f};
  settings.std = {0.2f, 0.25f, 0.3f};
  return settings;
}

std::vector<float> View(Augmenter* augmenter, const Pixmap& picture, uint64_t image) {
  std::vector<float> view(augmenter->view_floats());
  augmenter->View(picture.view(), {.seed = 1, .epoch = 1, .image = image, .view = 0}, view.data());
  return view;
}

// What `settings` leave of a picture that is not cropped.
std::vector<uint8_t> Rendered(const AugmentationSettings& settings, const Pixmap& picture, const DrawnView& view) {
  std::vector<uint8_t> pixels(size_t{3} * settings.size * settings.size);
  Augmenter(settings).Render(picture.view(), view, pixels.data());
  return pixels;
}

TEST(AugmenterTest, EveryKindOfVectorInstructionsGivesTheSameBits) {
  for (const int size : {1, 7, 32, 33, 96}) {
    const Pixmap picture = Waves(61, 147);
    Augmenter portable(Strong(size), SimdBackend::kPortable);
    for (const SimdBackend backend : kSimdBackends) {
      if (!CpuRuns(backend)) continue;
      Augmenter other(Strong(size), backend);
      for (uint64_t image = 0; image < 100; ++image) {
        ASSERT_EQ(View(&portable, picture, image), View(&other, picture, image))
            << SimdBackendName(backend) << ", views of " << size << ", image " << image;
      }
    }
  }
}

TEST(AugmenterTest, AViewDoesNotDependOnWhatWasMadeBefore) {
  const Pixmap small = Waves(20, 31), large = Waves(300, 200);
  Augmenter used(Strong(48));
  for (uint64_t image = 0; image < 20; ++image) View(&used, image % 2 == 0 ? large : small, image);
  for (uint64_t image = 0; image < 20; ++image) {
    Augmenter fresh(Strong(48));
    ASSERT_EQ(View(&used, small, image), View(&fresh, small, image));
  }
}

TEST(AugmenterTest, AViewOfOneColourIsOfOneColour) {
  Pixmap picture(50, 40);
  for (size_t i = 0; i < picture.pixels.size(); ++i) picture.pixels[i] = i % 3 == 0 ? 200 : i % 3 == 1 ? 77 : 5;
  Augmenter augmenter(Strong(32));
  for (uint64_t image = 0; image < 50; ++image) {
    const std::vector<float> view = View(&augmenter, picture, image);
    for (size_t i = 3; i < view.size(); ++i) ASSERT_EQ(view[i], view[i - 3]) << "image " << image;
  }
}

TEST(AugmenterTest, AnEvaluationOfAPictureOfTheViewsSizeIsThePictureNormalised) {
  const Pixmap picture = Waves(32, 32);
  const AugmentationSettings settings = Strong(32);
  std::vector<float> view(3 * 32 * 32);
  Augmenter(settings).Evaluate(picture.view(), view.data());
  for (size_t i = 0; i < view.size(); ++i) {
    const double expected = (picture.pixels[i] / 255.0 - settings.mean[i % 3]) / settings.std[i % 3];
    ASSERT_NEAR(view[i], expected, 1e-6);
  }
}

TEST(AugmenterTest, AFlipMirrorsTheView) {
  const Pixmap picture = Waves(40, 33);
  const AugmentationSettings settings = Strong(21);
  DrawnView view = DrawView(settings, 40, 33, {.seed = 1, .epoch = 0, .image = 4, .view = 0});
  view.flip = false;
  const auto straight = Rendered(settings, picture, view);
  view.flip = true;
  const auto mirrored = Rendered(settings, picture, view);
  for (int y = 0; y < 21; ++y) {
    for (int x = 0; x < 21; ++x) {
      for (int c = 0; c < 3; ++c) ASSERT_EQ(mirrored[(y * 21 + x) * 3 + c], straight[(y * 21 + 20 - x) * 3 + c]);
    }
  }
}

TEST(AugmenterTest, ABlurIsTheExactSumRounded) {
  constexpr int kSize = 40, kRadius = 6;
  const Pixmap picture = Waves(kSize, kSize);
  AugmentationSettings settings = RecipeSettings(AugmentationRecipe::kNone, kSize);
  settings.blur_kernel = 2 * kRadius + 1;
  DrawnView view = EvaluationView(settings, kSize, kSize);
  view.blur_sigma = 2.5f;
  const auto blurred = Rendered(settings, picture, view);
  const auto mirrored = [](int i) { return i < 0 ? -i : i >= kSize ? 2 * (kSize - 1) - i : i; };
  for (int y = 0; y < kSize; ++y) {
    for (int x = 0; x < kSize; ++x) {
      double sum = 0, weights = 0;
      for (int dy = -kRadius; dy <= kRadius; ++dy) {
        for (int dx = -kRadius; dx <= kRadius; ++dx) {
          const double weight = std::exp(-(dx * dx + dy * dy) / (2 * 2.5 * 2.5));
          sum += weight * picture.at(mirrored(x + dx), mirrored(y + dy), 1);
          weights += weight;
        }
      }
      ASSERT_NEAR(blurred[(y * kSize + x) * 3 + 1], sum / weights, 0.5001);
    }
  }
}

TEST(AugmenterTest, ResizingAPictureToAPixelAveragesIt) {
  Pixmap picture(64, 64);
  for (int y = 0; y < 64; ++y) {
    for (int x = 0; x < 64; ++x) {
      for (int c = 0; c < 3; ++c)
        picture.pixels[(y * 64 + x) * 3 + c] = static_cast<uint8_t>((x + y) % 2 * 100 + 10 * c);
    }
  }
  const AugmentationSettings settings = RecipeSettings(AugmentationRecipe::kNone, 4);
  const auto pixels = Rendered(settings, picture, EvaluationView(settings, 64, 64));
  for (int i = 0; i < 16; ++i) {
    for (int c = 0; c < 3; ++c) EXPECT_NEAR(pixels[3 * i + c], 50 + 10 * c, 1);
  }
}

// Memory of whole pages, with none behind them that may be touched.
class GuardedPicture {
 public:
  GuardedPicture(int width, int height) : picture_(Waves(width, height)) {
    const size_t page = static_cast<size_t>(::sysconf(_SC_PAGESIZE)), bytes = picture_.pixels.size();
    const size_t pages = (bytes + page - 1) / page * page;
    size_ = pages + page;
    memory_ = static_cast<uint8_t*>(::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    ::mprotect(memory_ + pages, page, PROT_NONE);
    pixels_ = memory_ + pages - bytes;
    std::memcpy(pixels_, picture_.pixels.data(), bytes);
  }
  ~GuardedPicture() { ::munmap(memory_, size_); }

  ImageView view() const { return {pixels_, picture_.width, picture_.height}; }

 private:
  Pixmap picture_;
  size_t size_ = 0;
  uint8_t *memory_ = nullptr, *pixels_ = nullptr;
};

TEST(AugmenterTest, NoByteBehindAPictureIsReadAndNoFloatBehindAViewIsWritten) {
  for (const auto& [width, height] : {std::pair(1, 1), std::pair(3, 200), std::pair(200, 3), std::pair(37, 41)}) {
    const GuardedPicture picture(width, height);
    for (const SimdBackend backend : kSimdBackends) {
      if (!CpuRuns(backend)) continue;
      for (const int size : {1, 5, 16, 31}) {
        Augmenter augmenter(Strong(size), backend);
        std::vector<float> out(augmenter.view_floats() + 64, 12345);
        for (uint64_t image = 0; image < 30; ++image) {
          augmenter.View(picture.view(), {.seed = 1, .epoch = 1, .image = image, .view = 1}, out.data());
          augmenter.Evaluate(picture.view(), out.data());
        }
        EXPECT_THAT(std::vector<float>(out.end() - 64, out.end()), Each(12345));
      }
    }
  }
}

}  // namespace
}  // namespace shoal
