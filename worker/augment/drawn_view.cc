#include "worker/augment/drawn_view.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "common/random.h"
#include "worker/augment/elementary.h"

namespace shoal {
namespace {

// Streams of a view; a job's file may be read years later, so that a number is never given to something else.
enum Stream : uint64_t { kCrop = 0, kFlip = 1, kJitter = 2, kGrey = 3, kBlur = 4, kSolarise = 5 };
// Keeps views' numbers apart from whatever else is drawn with the job's seed.
constexpr uint64_t kViews = 0x7669657773;

constexpr int kCropTries = 10;

class ViewRandom {
 public:
  explicit ViewRandom(const ViewKey& key)
      : key_(StreamKey(StreamKey(StreamKey(StreamKey(key.seed, kViews), key.epoch), key.image), key.view)) {}

  CounterRandom Of(Stream stream) const { return CounterRandom(StreamKey(key_, stream)); }

 private:
  uint64_t key_;
};

double Uniform(const Range& range, CounterRandom* random) {
  return range.least + (range.most - range.least) * random->NextDouble();
}

// To the nearest integer, halves to the even one, as Python's round().
int64_t Rounded(double value) { return static_cast<int64_t>(std::nearbyint(value)); }

Resizing ToSize(const Resizing::Box& box, int size) { return {box, size, size, 0, 0}; }

// The largest box of an allowed ratio in the middle of the picture: where ten tries found none that fits.
Resizing::Box CentralBox(const Range& ratio, int width, int height) {
  const double of_picture = static_cast<double>(width) / height;
  Resizing::Box box = {0, 0, width, height};
  if (of_picture < ratio.least) {
    box.height = static_cast<int>(std::clamp<int64_t>(Rounded(width / ratio.least), 1, height));
  } else if (of_picture > ratio.most) {
    box.width = static_cast<int>(std::clamp<int64_t>(Rounded(height * ratio.most), 1, width));
  }
  box.left = (width - box.width) / 2;
  box.top = (height - box.height) / 2;
  return box;
}

Resizing::Box DrawBox(const AugmentationSettings& settings, int width, int height, CounterRandom random) {
  const double area = static_cast<double>(width) * height;
  const Range log_ratio = {Log(settings.crop_ratio.least), Log(settings.crop_ratio.most)};
  for (int i = 0; i < kCropTries; ++i) {
    const double target_area = area * Uniform(settings.crop_scale, &random);
    const double ratio = Exp(Uniform(log_ratio, &random));
    const double w = std::nearbyint(std::sqrt(target_area * ratio)), h = std::nearbyint(std::sqrt(target_area / ratio));
    if (w < 1 || w > width || h < 1 || h > height) continue;
    Resizing::Box box = {0, 0, static_cast<int>(w), static_cast<int>(h)};
    box.top = random.NextBelow(height - box.height + 1);
    box.left = random.NextBelow(width - box.width + 1);
    return box;
  }
  return CentralBox(settings.crop_ratio, width, height);
}

void DrawJitter(const AugmentationSettings& settings, CounterRandom random, DrawnView* view) {
  if (random.NextDouble() >= settings.jitter_probability) return;
  using Kind = ColourStep::Kind;
  std::pair<Kind, double> jitters[] = {{Kind::kBrightness, settings.brightness},
                                       {Kind::kContrast, settings.contrast},
                                       {Kind::kSaturation, settings.saturation},
                                       {Kind::kHue, settings.hue}};
  for (uint32_t left = std::size(jitters); left > 1; --left) {
    std::swap(jitters[left - 1], jitters[random.NextBelow(left)]);
  }
  for (const auto& [kind, strength] : jitters) {
    const bool hue = kind == Kind::kHue;
    const Range range = hue ? Range{-strength, strength} : Range{std::max(0.0, 1 - strength), 1 + strength};
    const double factor = Uniform(range, &random);
    if (strength > 0) view->AddStep(kind, static_cast<float>(factor));
  }
}

void DrawGrey(const AugmentationSettings& settings, CounterRandom random, DrawnView* view) {
  if (random.NextDouble() < settings.grey_probability) view->AddStep(ColourStep::Kind::kGrey, 1);
}

}  // namespace

DrawnView DrawView(const AugmentationSettings& settings, int width, int height, const ViewKey& key) {
  const ViewRandom random(key);
  const auto happens = [&random](Stream stream, double probability) {
    return random.Of(stream).NextDouble() < probability;
  };
  DrawnView view = EvaluationView(settings, width, height);
  if (settings.random_crop) {
    view.resizing = ToSize(DrawBox(settings, width, height, random.Of(kCrop)), settings.size);
  }
  view.flip = happens(kFlip, settings.flip_probability);
  if (settings.grey_before_jitter) DrawGrey(settings, random.Of(kGrey), &view);
  DrawJitter(settings, random.Of(kJitter), &view);
  if (!settings.grey_before_jitter) DrawGrey(settings, random.Of(kGrey), &view);
  const int side = key.view == 0 ? 0 : 1;
  CounterRandom blur = random.Of(kBlur);
  if (blur.NextDouble() < settings.blur_probability[side]) {
    view.blur_sigma = static_cast<float>(Uniform(settings.blur_sigma, &blur));
  }
  view.solarise = happens(kSolarise, settings.solarise_probability[side]);
  return view;
}

DrawnView EvaluationView(const AugmentationSettings& settings, int width, int height) {
  const int size = settings.size;
  const int64_t side = std::max<int64_t>(size, Rounded(size / settings.evaluation_crop));
  DrawnView view;
  Resizing& resizing = view.resizing;
  resizing.box = {0, 0, width, height};
  resizing.width = width <= height ? side : side * width / height;
  resizing.height = width <= height ? side * height / width : side;
  resizing.left = Rounded(static_cast<double>(resizing.width - size) / 2);
  resizing.top = Rounded(static_cast<double>(resizing.height - size) / 2);
  return view;
}

}  // namespace shoal
