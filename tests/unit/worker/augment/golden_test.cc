// The Augmenter against torchvision on PIL's pictures: files that tests/parity/augment_golden.py made.

#include <gtest/gtest.h>
#include <zlib.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "common/text.h"
#include "tests/unit/worker/augment/pixmap.h"
#include "worker/augment/augmenter.h"

namespace shoal {
namespace {

std::string Golden(const std::string& name) { return Cat(SHOAL_SOURCE_DIR, "/tests/golden/augment/", name); }

struct Case {
  std::string result, picture, steps;
  int size = 0;
};

std::vector<Case> Cases() {
  std::ifstream file(Golden("cases.txt"));
  std::vector<Case> cases;
  for (Case a; file >> a.result >> a.picture >> a.size && std::getline(file, a.steps);) cases.push_back(a);
  return cases;
}

std::vector<float> Numbers(const std::string& text) {
  std::istringstream stream(text);
  std::vector<float> numbers;
  for (std::string number; std::getline(stream, number, ',');) numbers.push_back(std::stof(number));
  return numbers;
}

// Adds what a word of cases.txt tells, "hue=0.1", to a view of a picture of width x height.
void AddStep(const std::string& word, int width, int height, AugmentationSettings* settings, DrawnView* view) {
  using Kind = ColourStep::Kind;
  const size_t equals = std::min(word.find('='), word.size());
  const std::string name = word.substr(0, equals);
  const std::vector<float> numbers = Numbers(word.substr(std::min(equals + 1, word.size())));
  const auto number = [&numbers](int i) { return static_cast<int>(numbers[i]); };
  if (name == "crop") {
    view->resizing = {{number(0), number(1), number(2), number(3)}, settings->size, settings->size, 0, 0};
  } else if (name == "centre") {
    settings->evaluation_crop = static_cast<double>(settings->size) / numbers[0];
    view->resizing = EvaluationView(*settings, width, height).resizing;
  } else if (name == "flip") {
    view->flip = true;
  } else if (name == "blur") {
    settings->blur_kernel = number(0);
    view->blur_sigma = numbers[1];
  } else if (name == "solarise") {
    settings->solarise_threshold = number(0);
    view->solarise = true;
  } else {
    const Kind kind = name == "brightness"   ? Kind::kBrightness
                      : name == "contrast"   ? Kind::kContrast
                      : name == "saturation" ? Kind::kSaturation
                      : name == "hue"        ? Kind::kHue
                                             : Kind::kGrey;
    EXPECT_TRUE(kind != Kind::kGrey || name == "grey") << word;
    view->AddStep(kind, numbers.empty() ? 1 : numbers[0]);
  }
}

struct Difference {
  int levels = 0;  // The largest.
  int places = 0;  // Values that differ.
  int values = 0;
};

Difference Compare(const std::vector<uint8_t>& a, const std::vector<uint8_t>& b) {
  Difference difference;
  EXPECT_EQ(a.size(), b.size());
  difference.values = static_cast<int>(a.size());
  for (size_t i = 0; i < a.size(); ++i) {
    const int levels = std::abs(int{a[i]} - int{b[i]});
    difference.levels = std::max(difference.levels, levels);
    difference.places += levels > 0;
  }
  return difference;
}

class GoldenTest : public testing::TestWithParam<SimdBackend> {
 protected:
  void SetUp() override {
    if (!CpuRuns(GetParam())) GTEST_SKIP() << "this CPU has no " << SimdBackendName(GetParam());
  }
  std::vector<uint8_t> Render(const Case& a) const {
    const Pixmap picture = ReadPpm(Golden(a.picture));
    AugmentationSettings settings;
    settings.size = a.size;
    DrawnView view = EvaluationView(settings, picture.width, picture.height);
    std::istringstream words(a.steps);
    for (std::string word; words >> word;) AddStep(word, picture.width, picture.height, &settings, &view);
    EXPECT_TRUE(AugmentationMistakes(settings).empty());
    std::vector<uint8_t> pixels(size_t{3} * a.size * a.size);
    Augmenter(settings, GetParam()).Render(picture.view(), view, pixels.data());
    return pixels;
  }
};

INSTANTIATE_TEST_SUITE_P(All, GoldenTest, testing::ValuesIn(kSimdBackends), [](const auto& info) {
  std::string name(SimdBackendName(info.param));
  std::erase(name, '-');
  return name;
});

TEST_P(GoldenTest, EveryOperationButTheBlurEqualsTorchvisionsToTheBit) {
  int compared = 0;
  for (const Case& a : Cases()) {
    if (a.steps.find("blur") != std::string::npos) continue;
    const Difference difference = Compare(Render(a), ReadPpm(Golden(a.result)).pixels);
    EXPECT_EQ(difference.places, 0) << a.result << ":" << a.steps << ": " << difference.places << " of "
                                    << difference.values << " differ, by " << difference.levels << " at most";
    ++compared;
  }
  EXPECT_GT(compared, 40);
}

TEST_P(GoldenTest, ABlurEqualsTorchvisionsButForOneLevelWhereItsValueLiesBetweenTwo) {
  int compared = 0;
  for (const Case& a : Cases()) {
    if (a.steps.find("blur") == std::string::npos) continue;
    const Difference difference = Compare(Render(a), ReadPpm(Golden(a.result)).pixels);
    EXPECT_LE(difference.levels, 1) << a.result << ":" << a.steps;
    EXPECT_LE(difference.places, difference.values / 1000) << a.result << ":" << a.steps;
    ++compared;
  }
  EXPECT_GE(compared, 5);
}

TEST_P(GoldenTest, ATurnedHueOfEveryColourThereIsEqualsTorchvisions) {
  constexpr size_t kColours = size_t{1} << 24;
  const PixelFunctions& functions = PixelFunctionsOf(GetParam());
  std::vector<uint8_t> planes(3 * kColours), pixels(3 * kColours);
  std::ifstream file(Golden("all_colours.txt"));
  int compared = 0;
  std::string expected;
  for (float turn; file >> turn >> expected; ++compared) {
    for (size_t i = 0; i < kColours; ++i) {
      for (int c = 0; c < 3; ++c) planes[c * kColours + i] = static_cast<uint8_t>(i >> (16 - 8 * c));
    }
    functions.turn_hue(planes.data(), kColours, static_cast<uint8_t>(static_cast<int>(double{turn} * 255)));
    for (size_t i = 0; i < kColours; ++i) {
      for (int c = 0; c < 3; ++c) pixels[3 * i + c] = planes[c * kColours + i];
    }
    EXPECT_EQ(crc32_z(0, pixels.data(), pixels.size()), std::stoul(expected, nullptr, 16)) << "hue " << turn;
  }
  EXPECT_EQ(compared, 5);
}

}  // namespace
}  // namespace shoal
