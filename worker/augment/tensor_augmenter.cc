#include "worker/augment/tensor_augmenter.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/tensor.h>

#include <vector>

#include "worker/augment/colour_plan.h"
#include "worker/augment/host_values.h"
#include "worker/augment/resample_plan.h"
#include "worker/augment/tensor_pixels.h"
#include "worker/augment/tensor_resample.h"
#include "worker/augment/view_arithmetic.h"
#include "worker/models/torch_guard.h"

namespace shoal {
namespace {

at::Tensor Coloured(const at::Tensor& planes, ColourStep::Kind kind, const at::Tensor& numbers) {
  switch (kind) {
    case ColourStep::Kind::kBrightness:
      return Brightened(planes, numbers);
    case ColourStep::Kind::kContrast:
      return Contrasted(planes, numbers);
    case ColourStep::Kind::kSaturation:
      return Saturated(planes, numbers);
    case ColourStep::Kind::kHue:
      return HueTurned(planes, numbers);
    case ColourStep::Kind::kGrey:
      return Greyed(planes);
  }
  return planes;
}

// A ColourPlan on the device of the planes that it changes.
class Colourist {
 public:
  Colourist(const ColourPlan& plan, at::Tensor planes)
      : plan_(plan),
        planes_(std::move(planes)),
        places_(OnDevice<int64_t>(plan.places, {-1}, planes_.device())),
        numbers_(OnDevice<float>(plan.numbers, {-1, 1, 1}, planes_.device())) {}

  void Colour() {
    for (const ColourPlan::Step& step : plan_.steps) {
      const at::Tensor numbers = numbers_.narrow(0, step.group.begin, step.group.count);
      Change(step.group, [&](const at::Tensor& planes) { return Coloured(planes, step.kind, numbers); });
    }
  }

  void Blur() {
    if (plan_.blurred.count == 0) return;
    const at::Tensor weights = OnDevice<float>(plan_.blur_weights, {plan_.blurred.count, -1}, planes_.device());
    Change(plan_.blurred, [&](const at::Tensor& planes) { return Blurred(planes, weights); });
  }

  void Solarise(int threshold) {
    Change(plan_.solarised, [&](const at::Tensor& planes) { return Solarised(planes, threshold); });
  }

 private:
  // What `changed` makes of the group's views takes their place.
  template <typename Changed>
  void Change(const ColourPlan::Group& group, const Changed& changed) {
    if (group.count == 0) return;
    const at::Tensor places = places_.narrow(0, group.begin, group.count);
    planes_.index_copy_(1, places, changed(planes_.index_select(1, places)));
  }

  const ColourPlan& plan_;
  at::Tensor planes_;  // [3, views, size, size]
  const at::Tensor places_, numbers_;
};

absl::Status CheckSteps(std::span<const BatchView> views) {
  for (size_t i = 0; i < views.size(); ++i) {
    const int steps = views[i].drawn.colour_steps;
    if (steps < 0 || steps > DrawnView::kMaxColourSteps) {
      return InvalidArgument("view ", i, " has ", steps, " colour steps, not 0..", DrawnView::kMaxColourSteps);
    }
  }
  return absl::OkStatus();
}

}  // namespace

TensorAugmenter::TensorAugmenter(const AugmentationSettings& settings, at::Device device, int64_t piece_pixels)
    : settings_(settings),
      device_(device),
      scales_(at::tensor(LevelScalingOf(settings).scales, at::TensorOptions(device))),
      offsets_(at::tensor(LevelScalingOf(settings).offsets, at::TensorOptions(device))),
      piece_pixels_(piece_pixels) {}

absl::StatusOr<at::Tensor> TensorAugmenter::Apply(const PictureBatch& pictures,
                                                  std::span<const BatchView> views) const {
  return MakeViews(pictures, views, /*normalised=*/true);
}

absl::StatusOr<at::Tensor> TensorAugmenter::Render(const PictureBatch& pictures,
                                                   std::span<const BatchView> views) const {
  return MakeViews(pictures, views, /*normalised=*/false);
}

absl::StatusOr<at::Tensor> TensorAugmenter::MakeViews(const PictureBatch& pictures, std::span<const BatchView> views,
                                                      bool normalised) const {
  const int size = settings_.size;
  RETURN_IF_ERROR(CheckSteps(views));
  ASSIGN_OR_RETURN(const auto pieces, ResamplePieces(pictures, views, size, piece_pixels_));
  const std::string what = Cat("making ", views.size(), " views of ", size, " pixels on ", device_.str());
  return TorchGuard(what, [&]() -> absl::StatusOr<at::Tensor> {
    const at::NoGradGuard no_gradient;
    const at::Tensor pixels = OnDevice(pictures.pixels(), {-1, 3}, device_, /*non_blocking=*/true);
    const at::Tensor all = at::empty({static_cast<int64_t>(views.size()), size, size, 3},
                                     at::TensorOptions(normalised ? at::kFloat : at::kByte).device(device_));
    for (const std::vector<int64_t>& piece : pieces) {
      const at::Tensor planes = ResizeOnDevice(pixels, PlanResample(pictures, views, piece, size), size);
      const ColourPlan colours = PlanColours(settings_, views, piece);
      Colourist colourist(colours, planes);
      colourist.Colour();
      colourist.Blur();
      colourist.Solarise(settings_.solarise_threshold);
      all.index_copy_(0, OnDevice<int64_t>(piece, {-1}, device_), Finished(planes, normalised));
    }
    return all;
  });
}

// [views, size, size, 3].
at::Tensor TensorAugmenter::Finished(const at::Tensor& planes, bool normalised) const {
  const at::Tensor pixels = planes.permute({1, 2, 3, 0});
  return normalised ? Normalise(pixels) : pixels;
}

at::Tensor TensorAugmenter::Normalise(const at::Tensor& levels) const {
  // Two operations, each rounded: a fused one would differ from the Augmenter's in the last bit.
  return levels.to(at::kFloat).mul_(scales_).add_(offsets_);
}

}  // namespace shoal
