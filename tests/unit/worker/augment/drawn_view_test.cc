// What is drawn for views: a function of the key alone, with the distributions of torchvision's transforms. The seeds
// are fixed, so that a test that passes once passes always; bounds hold for 999 of 1,000 seeds.

#include "worker/augment/drawn_view.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <random>
#include <vector>

namespace shoal {
namespace {

constexpr int kDraws = 20000;
using Kind = ColourStep::Kind;
using Numbers = std::vector<double>;

AugmentationSettings SimClr() { return RecipeSettings(AugmentationRecipe::kSimClr, 224); }

std::vector<DrawnView> Draws(const AugmentationSettings& settings, int width, int height, uint32_t view = 0) {
  std::vector<DrawnView> views;
  for (uint64_t image = 0; image < kDraws; ++image) {
    views.push_back(DrawView(settings, width, height, {.seed = 5, .epoch = 3, .image = image, .view = view}));
  }
  return views;
}

Numbers Of(const std::vector<DrawnView>& views, const std::function<double(const DrawnView&)>& number) {
  Numbers numbers;
  for (const DrawnView& view : views) numbers.push_back(number(view));
  return numbers;
}

// That `numbers` are uniform: the test of Kolmogorov and Smirnov.
void ExpectUniform(Numbers numbers, double least, double most) {
  ASSERT_GT(numbers.size(), 500);
  std::sort(numbers.begin(), numbers.end());
  const double n = static_cast<double>(numbers.size());
  double distance = 0;
  for (size_t i = 0; i < numbers.size(); ++i) {
    const double expected = (numbers[i] - least) / (most - least), rank = static_cast<double>(i);
    distance = std::max({distance, expected - rank / n, (rank + 1) / n - expected});
  }
  EXPECT_LT(distance, 1.95 / std::sqrt(n));
}

// That two samples are of one distribution, by the same test. Of discrete numbers it errs on the lenient side.
void ExpectAlike(Numbers a, Numbers b) {
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  const double n = static_cast<double>(a.size()), m = static_cast<double>(b.size());
  double distance = 0;
  for (const double x : a) {
    const auto below = [x](const Numbers& of) { return std::upper_bound(of.begin(), of.end(), x) - of.begin(); };
    distance = std::max(distance, std::abs(static_cast<double>(below(a)) / n - static_cast<double>(below(b)) / m));
  }
  EXPECT_LT(distance, 1.95 * std::sqrt((n + m) / (n * m)));
}

void ExpectShare(double count, double of, double probability) {
  EXPECT_NEAR(count / of, probability, 3.3 * std::sqrt(probability * (1 - probability) / of) + 1e-12);
}

double Share(const std::vector<DrawnView>& views, const std::function<bool(const DrawnView&)>& is) {
  return static_cast<double>(std::count_if(views.begin(), views.end(), is));
}

const ColourStep* Find(const DrawnView& view, Kind kind) {
  for (const ColourStep& step : view.steps()) {
    if (step.kind == kind) return &step;
  }
  return nullptr;
}

bool Same(const DrawnView& a, const DrawnView& b) {
  const auto numbers = [](const DrawnView& view) {
    const Resizing& r = view.resizing;
    Numbers all = {double(r.box.left), double(r.box.top), double(r.box.width),  double(r.box.height),
                   double(view.flip),  view.blur_sigma,   double(view.solarise)};
    for (const ColourStep& step : view.steps()) all.insert(all.end(), {double(int(step.kind)), step.factor});
    return all;
  };
  return numbers(a) == numbers(b);
}

TEST(DrawnViewTest, TheSameKeyDrawsTheSameViewAndEachPartOfTheKeyMatters) {
  const ViewKey key = {.seed = 1, .epoch = 2, .image = 3, .view = 0};
  const auto draw = [](const ViewKey& k) { return DrawView(SimClr(), 400, 300, k); };
  EXPECT_TRUE(Same(draw(key), draw(key)));
  EXPECT_FALSE(Same(draw(key), draw({.seed = 2, .epoch = 2, .image = 3, .view = 0})));
  EXPECT_FALSE(Same(draw(key), draw({.seed = 1, .epoch = 3, .image = 3, .view = 0})));
  EXPECT_FALSE(Same(draw(key), draw({.seed = 1, .epoch = 2, .image = 4, .view = 0})));
  EXPECT_FALSE(Same(draw(key), draw({.seed = 1, .epoch = 2, .image = 3, .view = 1})));
}

TEST(DrawnViewTest, WhatAKeyDrawsStaysAsItIsFromBuildToBuild) {
  const DrawnView view = DrawView(SimClr(), 400, 300, {.seed = 1, .epoch = 2, .image = 3, .view = 0});
  const Resizing::Box& box = view.resizing.box;
  EXPECT_THAT((std::vector<int>{box.left, box.top, box.width, box.height, view.flip, view.colour_steps}),
              testing::ElementsAre(62, 93, 112, 147, 1, 4));
}

TEST(DrawnViewTest, AreaAndRatioOfACropAreUniformWhereEveryCropFits) {
  AugmentationSettings settings = SimClr();
  settings.crop_scale = {0.1, 0.5};
  constexpr double kWidth = 20000, kHeight = 16000;
  const auto views = Draws(settings, kWidth, kHeight);
  const auto area = [](const DrawnView& view) {
    return double(view.resizing.box.width) * view.resizing.box.height / (kWidth * kHeight);
  };
  const auto log_ratio = [](const DrawnView& view) {
    return std::log(double(view.resizing.box.width) / view.resizing.box.height);
  };
  ExpectUniform(Of(views, area), 0.1, 0.5);
  ExpectUniform(Of(views, log_ratio), std::log(3.0 / 4), std::log(4.0 / 3));
}

TEST(DrawnViewTest, ACropLiesAnywhereInThePicture) {
  AugmentationSettings settings = SimClr();
  settings.crop_scale = {0.1, 0.5};
  const auto views = Draws(settings, 20000, 16000);
  ExpectUniform(Of(views, [](const DrawnView& v) { return v.resizing.box.left / (20001.0 - v.resizing.box.width); }), 0,
                1);
  ExpectUniform(Of(views, [](const DrawnView& v) { return v.resizing.box.top / (16001.0 - v.resizing.box.height); }), 0,
                1);
}

TEST(DrawnViewTest, ACropLiesWithinThePictureAndReachesItsBorders) {
  int at_right = 0, at_bottom = 0, whole = 0;
  for (const DrawnView& view : Draws(SimClr(), 11, 9)) {
    const Resizing::Box& box = view.resizing.box;
    ASSERT_TRUE(box.left >= 0 && box.top >= 0 && box.width > 0 && box.height > 0);
    ASSERT_TRUE(box.left + box.width <= 11 && box.top + box.height <= 9);
    at_right += box.left + box.width == 11;
    at_bottom += box.top + box.height == 9;
    whole += box.width == 11 && box.height == 9;
  }
  EXPECT_GT(at_right, kDraws / 10);
  EXPECT_GT(at_bottom, kDraws / 10);
  EXPECT_GT(whole, 0);
}

// torchvision's RandomResizedCrop.get_params, by its documentation, with the standard library's numbers.
Resizing::Box ReferenceBox(const AugmentationSettings& settings, int width, int height, std::mt19937_64* random) {
  const auto uniform = [random](double a, double b) { return std::uniform_real_distribution<>(a, b)(*random); };
  for (int i = 0; i < 10; ++i) {
    const double area = width * height * uniform(settings.crop_scale.least, settings.crop_scale.most);
    const double ratio = std::exp(uniform(std::log(settings.crop_ratio.least), std::log(settings.crop_ratio.most)));
    const int w = static_cast<int>(std::lrint(std::sqrt(area * ratio)));
    const int h = static_cast<int>(std::lrint(std::sqrt(area / ratio)));
    if (w <= 0 || w > width || h <= 0 || h > height) continue;
    const int top = std::uniform_int_distribution<>(0, height - h)(*random);
    return {std::uniform_int_distribution<>(0, width - w)(*random), top, w, h};
  }
  const int w = std::min(width, static_cast<int>(std::lrint(height * settings.crop_ratio.most)));
  const int h = std::min(height, static_cast<int>(std::lrint(width / settings.crop_ratio.least)));
  return {(width - w) / 2, (height - h) / 2, w, h};
}

TEST(DrawnViewTest, CropsOfPicturesThatSomeTriesDoNotFitAreAsTheReferenceDrawsThem) {
  for (const auto& [width, height] : {std::pair(32, 32), std::pair(500, 300), std::pair(160, 900)}) {
    std::mt19937_64 random(11);
    std::vector<DrawnView> expected(kDraws);
    for (DrawnView& view : expected) view.resizing.box = ReferenceBox(SimClr(), width, height, &random);
    const auto views = Draws(SimClr(), width, height);
    for (const auto side : {&Resizing::Box::left, &Resizing::Box::top, &Resizing::Box::width, &Resizing::Box::height}) {
      const auto number = [side](const DrawnView& view) { return double(view.resizing.box.*side); };
      ExpectAlike(Of(views, number), Of(expected, number));
    }
  }
}

TEST(DrawnViewTest, WhereNoTryFitsTheMiddleOfThePictureIsTaken) {
  AugmentationSettings settings = SimClr();
  settings.crop_scale = {0.9, 1};
  for (const DrawnView& view : Draws(settings, 10, 1001)) {
    const Resizing::Box& box = view.resizing.box;
    ASSERT_THAT((std::vector<int>{box.left, box.top, box.width, box.height}), testing::ElementsAre(0, 494, 10, 13));
  }
  const Resizing::Box box = Draws(settings, 1001, 10).front().resizing.box;
  EXPECT_THAT((std::vector<int>{box.left, box.top, box.width, box.height}), testing::ElementsAre(494, 0, 13, 10));
  const Resizing::Box pixel = Draws(SimClr(), 1, 1).front().resizing.box;
  EXPECT_THAT((std::vector<int>{pixel.left, pixel.top, pixel.width, pixel.height}), testing::ElementsAre(0, 0, 1, 1));
}

TEST(DrawnViewTest, OperationsHappenAsOftenAsTheirProbabilitiesSay) {
  AugmentationSettings settings = SimClr();
  settings.flip_probability = 0.3;
  settings.solarise_probability = {0.15, 0.15};
  const auto views = Draws(settings, 300, 300);
  ExpectShare(Share(views, [](const DrawnView& v) { return v.flip; }), kDraws, 0.3);
  ExpectShare(Share(views, [](const DrawnView& v) { return Find(v, Kind::kHue) != nullptr; }), kDraws, 0.8);
  ExpectShare(Share(views, [](const DrawnView& v) { return Find(v, Kind::kGrey) != nullptr; }), kDraws, 0.2);
  ExpectShare(Share(views, [](const DrawnView& v) { return v.blur_sigma > 0; }), kDraws, 0.5);
  ExpectShare(Share(views, [](const DrawnView& v) { return v.solarise; }), kDraws, 0.15);
}

TEST(DrawnViewTest, OperationsHappenIndependentlyOfEachOther) {
  const auto views = Draws(SimClr(), 300, 300);
  const auto flip = [](const DrawnView& v) { return v.flip; };
  const auto blur = [](const DrawnView& v) { return v.blur_sigma > 0; };
  const auto grey = [](const DrawnView& v) { return Find(v, Kind::kGrey) != nullptr; };
  ExpectShare(Share(views, [&](const DrawnView& v) { return flip(v) && blur(v); }), kDraws, 0.25);
  ExpectShare(Share(views, [&](const DrawnView& v) { return grey(v) && blur(v); }), kDraws, 0.1);
  const auto seconds = Draws(SimClr(), 300, 300, /*view=*/1);
  double both = 0;
  for (int i = 0; i < kDraws; ++i) both += views[i].flip && seconds[i].flip;
  ExpectShare(both, kDraws, 0.25);
}

TEST(DrawnViewTest, FactorsAreUniformAroundWhatChangesNothing) {
  const auto views = Draws(SimClr(), 300, 300);
  const auto factors = [&views](Kind kind) {
    Numbers numbers;
    for (const DrawnView& view : views) {
      if (const ColourStep* step = Find(view, kind); step != nullptr) numbers.push_back(step->factor);
    }
    return numbers;
  };
  ExpectUniform(factors(Kind::kBrightness), 0.2, 1.8);
  ExpectUniform(factors(Kind::kContrast), 0.2, 1.8);
  ExpectUniform(factors(Kind::kSaturation), 0.2, 1.8);
  ExpectUniform(factors(Kind::kHue), -0.2, 0.2);
  Numbers sigmas = Of(views, [](const DrawnView& v) { return v.blur_sigma; });
  std::erase(sigmas, 0);
  ExpectUniform(sigmas, 0.1, 2);
}

TEST(DrawnViewTest, AFactorIsNeverBelowZero) {
  AugmentationSettings settings = SimClr();
  settings.brightness = 3;
  Numbers factors;
  for (const DrawnView& view : Draws(settings, 300, 300)) {
    if (const ColourStep* step = Find(view, Kind::kBrightness); step != nullptr) factors.push_back(step->factor);
  }
  ExpectUniform(factors, 0, 4);
}

TEST(DrawnViewTest, JitterComesInEachOrderAlikeAndGreyBehindIt) {
  std::map<std::vector<int>, double> orders;
  double jitters = 0;
  for (const DrawnView& view : Draws(SimClr(), 300, 300)) {
    std::vector<int> order;
    for (const ColourStep& step : view.steps()) order.push_back(static_cast<int>(step.kind));
    if (Find(view, Kind::kGrey) != nullptr) {
      ASSERT_EQ(order.back(), static_cast<int>(Kind::kGrey));
      order.pop_back();
    }
    if (order.empty()) continue;
    ++orders[order];
    ++jitters;
  }
  ASSERT_EQ(orders.size(), 24);
  double chi_square = 0;
  for (const auto& [order, count] : orders)
    chi_square += (count - jitters / 24) * (count - jitters / 24) / (jitters / 24);
  EXPECT_LT(chi_square, 49.7);  // 23 degrees of freedom.
}

TEST(DrawnViewTest, WhatHasNoStrengthIsNotDone) {
  AugmentationSettings settings = SimClr();
  settings.contrast = settings.hue = 0;
  for (const DrawnView& view : Draws(settings, 300, 300)) {
    ASSERT_EQ(Find(view, Kind::kContrast), nullptr);
    ASSERT_EQ(Find(view, Kind::kHue), nullptr);
  }
}

TEST(DrawnViewTest, MocoV1TakesTheGreyPictureBeforeItJitters) {
  int greys = 0;
  for (const DrawnView& view : Draws(RecipeSettings(AugmentationRecipe::kMocoV1, 224), 300, 300)) {
    ASSERT_NE(Find(view, Kind::kHue), nullptr);
    if (Find(view, Kind::kGrey) == nullptr) continue;
    ASSERT_EQ(view.steps().front().kind, Kind::kGrey);
    ++greys;
  }
  EXPECT_GT(greys, kDraws / 10);
}

TEST(DrawnViewTest, TheSecondViewHasItsOwnBlurAndSolarisation) {
  AugmentationSettings settings = SimClr();
  settings.blur_probability = {1, 0.1};
  settings.solarise_probability = {0, 0.2};
  const auto blurred = [](const DrawnView& v) { return v.blur_sigma > 0; };
  const auto solarised = [](const DrawnView& v) { return v.solarise; };
  EXPECT_EQ(Share(Draws(settings, 300, 300, 0), blurred), kDraws);
  EXPECT_EQ(Share(Draws(settings, 300, 300, 0), solarised), 0);
  ExpectShare(Share(Draws(settings, 300, 300, 1), blurred), kDraws, 0.1);
  ExpectShare(Share(Draws(settings, 300, 300, 1), solarised), kDraws, 0.2);
}

TEST(DrawnViewTest, ASettingOfOneOperationLeavesWhatTheOthersDraw) {
  const ViewKey key = {.seed = 9, .epoch = 1, .image = 77, .view = 0};
  AugmentationSettings changed = SimClr();
  changed.crop_scale = {0.5, 0.6};
  changed.grey_probability = 1;
  changed.contrast = 0;
  const DrawnView a = DrawView(SimClr(), 300, 300, key), b = DrawView(changed, 300, 300, key);
  EXPECT_EQ(a.flip, b.flip);
  EXPECT_EQ(a.blur_sigma, b.blur_sigma);
  const ColourStep *hue_a = Find(a, Kind::kHue), *hue_b = Find(b, Kind::kHue);
  ASSERT_NE(hue_a, nullptr);
  EXPECT_EQ(hue_a->factor, hue_b->factor);
}

TEST(DrawnViewTest, WithoutARecipeAViewIsTheEvaluations) {
  const AugmentationSettings none = RecipeSettings(AugmentationRecipe::kNone, 224);
  for (const DrawnView& view : Draws(none, 500, 400)) {
    ASSERT_TRUE(Same(view, EvaluationView(none, 500, 400)));
    ASSERT_EQ(view.resizing.width, 320);
  }
}

TEST(DrawnViewTest, AnEvaluationResizesTheShorterSideAndTakesTheMiddle) {
  const AugmentationSettings settings = SimClr();
  const Resizing wide = EvaluationView(settings, 500, 375).resizing;
  EXPECT_THAT((std::vector<int64_t>{wide.box.width, wide.box.height, wide.width, wide.height, wide.left, wide.top}),
              testing::ElementsAre(500, 375, 341, 256, 58, 16));
  const Resizing tall = EvaluationView(settings, 100, 333).resizing;
  EXPECT_THAT((std::vector<int64_t>{tall.width, tall.height, tall.left, tall.top}),
              testing::ElementsAre(256, 852, 16, 314));
  const Resizing small = EvaluationView(RecipeSettings(AugmentationRecipe::kSimClr, 32), 32, 32).resizing;
  EXPECT_THAT((std::vector<int64_t>{small.width, small.height, small.left, small.top}),
              testing::ElementsAre(32, 32, 0, 0));
}

TEST(DrawnViewTest, AnEvaluationOfALineOfPixelsTakesItsMiddle) {
  const Resizing line = EvaluationView(SimClr(), 100000000, 1).resizing;
  EXPECT_EQ(line.width, 25600000000);
  EXPECT_EQ(line.left, 12799999888);
}

}  // namespace
}  // namespace shoal
