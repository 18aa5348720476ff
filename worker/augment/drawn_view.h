// DrawnView: everything that chance decides about one view, as plain numbers, whoever computes the pixels.
//
// A view's parameters are a pure function of (seed, epoch, image, view): the same job shows the same views on any
// number of workers and threads, in any order, on any processor. Each operation has a stream of random numbers of its
// own, so that a changed setting of one leaves what is drawn for the others.
//
// Thread rule: values and pure functions; safe from any thread.
// Source: the parameters' distributions are those of torchvision's RandomResizedCrop, RandomHorizontalFlip,
// ColorJitter, RandomGrayscale, GaussianBlur and RandomSolarize.

#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "common/job/augmentation_settings.h"

namespace shoal {

struct ViewKey {
  uint64_t seed = 0;
  uint32_t epoch = 0;
  uint64_t image = 0;  // Number of the picture in its set.
  uint32_t view = 0;   // 0 and 1 are a pair.
};

// `box` of the picture is resized to `width` x `height`, of which the view begins at (left, top). Only an evaluation's
// view is smaller than that.
struct Resizing {
  struct Box {
    int left = 0, top = 0, width = 0, height = 0;
  };
  Box box;
  int64_t width = 0, height = 0;  // More than 32 bits hold where a picture is a line of pixels.
  int64_t left = 0, top = 0;
};

struct ColourStep {
  // Blends with black, with the mean level of grey, and with the grey picture; turns the hue; takes the grey picture.
  enum class Kind : uint8_t { kBrightness, kContrast, kSaturation, kHue, kGrey };
  Kind kind = Kind::kBrightness;
  float factor = 1;  // As torchvision's; kGrey has none.
};

struct DrawnView {
  static constexpr int kMaxColourSteps = 5;

  Resizing resizing;
  bool flip = false;
  std::array<ColourStep, kMaxColourSteps> colour;  // In the order in which they are done.
  int colour_steps = 0;
  float blur_sigma = 0;  // Pixels; 0 leaves the view sharp.
  bool solarise = false;

  std::span<const ColourStep> steps() const { return {colour.data(), static_cast<size_t>(colour_steps)}; }
  // kMaxColourSteps of them at most.
  void AddStep(ColourStep::Kind kind, float factor) { colour[colour_steps++] = {kind, factor}; }
};

// What `settings` draw for a picture of width x height pixels, each 1 at least.
DrawnView DrawView(const AugmentationSettings& settings, int width, int height, const ViewKey& key);

// The view without chance that probes and neighbours are measured on: torchvision's Resize of the short side, then
// CenterCrop.
DrawnView EvaluationView(const AugmentationSettings& settings, int width, int height);

}  // namespace shoal
