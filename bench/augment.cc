// Speed of augmentation: CPU time a view, for each kind of vector instructions that this CPU has.
//
//   augment_bench [--pictures FILE] [--recipe SIMCLR|MOCO_V1|MOCO_V2] [--size N] [--seconds S] [--views FILE]
//
// FILE holds pictures end to end: width and height (u32, little-endian), then width x height x 3 bytes; without it, 64
// made-up pictures of the view's size (of 8/7 of it for views above 64 pixels). --views writes, for each picture, one
// view's parameters as a line of text and its 8-bit pixels, for bench/augment_peer.py, which does the same by
// torchvision.

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bench/augment_pictures.h"
#include "common/files.h"
#include "common/host.h"
#include "common/text.h"
#include "worker/augment/augmenter.h"

namespace shoal {
namespace {

struct Options {
  std::string pictures, views, recipe = "SIMCLR";
  int size = 32;
  double seconds = 0.5;
};

// As augment_peer.py reads it; the factors with all their digits.
std::string Describe(const AugmentationSettings& settings, const DrawnView& view) {
  static constexpr const char* kNames[] = {"brightness", "contrast", "saturation", "hue", "grey"};
  const Resizing::Box& box = view.resizing.box;
  std::string text = Cat("crop=", box.left, ",", box.top, ",", box.width, ",", box.height);
  const auto add = [&text](const char* name, double value) {
    char buffer[64];
    std::snprintf(buffer, sizeof(buffer), " %s%.17g", name, value);
    text += buffer;
  };
  if (view.flip) text += " flip";
  for (const ColourStep& step : view.steps()) {
    const std::string name = kNames[static_cast<int>(step.kind)];
    if (step.kind == ColourStep::Kind::kGrey) {
      text += " grey";
    } else {
      add((name + "=").c_str(), step.factor);
    }
  }
  if (view.blur_sigma > 0) add(Cat("blur=", settings.blur_kernel, ",").c_str(), view.blur_sigma);
  if (view.solarise) add("solarise=", settings.solarise_threshold);
  return text;
}

void WriteViews(const std::vector<BenchPicture>& pictures, const AugmentationSettings& settings,
                const std::string& path) {
  Augmenter augmenter(settings);
  std::string all, pixels(augmenter.view_floats(), '\0');
  for (uint64_t i = 0; i < pictures.size(); ++i) {
    const DrawnView view = DrawView(settings, pictures[i].width, pictures[i].height, {1, 0, i, 0});
    augmenter.Render(pictures[i].view(), view, reinterpret_cast<uint8_t*>(pixels.data()));
    all += Cat(Describe(settings, view), "\n") + pixels;
  }
  const absl::Status status = WriteFileAtomically(path, all);
  if (!status.ok()) Fail(ToStd(status.message()));
}

// The median of five parts of the time.
double MicrosecondsPerView(const std::vector<BenchPicture>& pictures, const AugmentationSettings& settings,
                           SimdBackend backend, double seconds) {
  Augmenter augmenter(settings, backend);
  std::vector<float> out(augmenter.view_floats());
  std::vector<double> parts;
  ViewKey key = {1, 0, 0, 0};
  for (int part = 0; part < 5; ++part) {
    uint64_t views = 0;
    const double begin = ProcessCpuSeconds();
    double end = begin;
    while (end - begin < seconds / 5) {
      for (const BenchPicture& picture : pictures) {
        for (key.view = 0; key.view < 2; ++key.view, ++views) augmenter.View(picture.view(), key, out.data());
        ++key.image;
      }
      end = ProcessCpuSeconds();
    }
    parts.push_back(1e6 * (end - begin) / static_cast<double>(views));
  }
  std::nth_element(parts.begin(), parts.begin() + 2, parts.end());
  return parts[2];
}

Options Parse(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    if (i + 1 == argc) Fail(Cat(name, " lacks its value"));
    const std::string value = argv[i + 1];
    if (name == "--pictures") {
      options.pictures = value;
    } else if (name == "--recipe") {
      options.recipe = value;
    } else if (name == "--size") {
      options.size = std::atoi(value.c_str());
    } else if (name == "--seconds") {
      options.seconds = std::atof(value.c_str());
    } else if (name == "--views") {
      options.views = value;
    } else {
      Fail("usage: augment_bench [--pictures FILE] [--recipe R] [--size N] [--seconds S] [--views FILE]");
    }
  }
  return options;
}

void Bench(const Options& options) {
  const AugmentationSettings settings = RecipeSettings(RecipeNamed(options.recipe), options.size);
  for (const std::string& mistake : AugmentationMistakes(settings)) Fail(mistake);
  const std::vector<BenchPicture> pictures =
      options.pictures.empty() ? MadeUpPictures(options.size) : ReadPictures(options.pictures);
  if (!options.views.empty()) WriteViews(pictures, settings, options.views);
  for (const SimdBackend backend : kSimdBackends) {
    if (!CpuRuns(backend) || options.seconds <= 0) continue;
    std::printf("%s: %.2f us a view\n", std::string(SimdBackendName(backend)).c_str(),
                MicrosecondsPerView(pictures, settings, backend, options.seconds));
  }
}

}  // namespace
}  // namespace shoal

int main(int argc, char** argv) { shoal::Bench(shoal::Parse(argc, argv)); }
