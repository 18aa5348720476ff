#include "worker/models/step_views.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>

#include <vector>

#include "common/status.h"
#include "worker/augment/host_values.h"
#include "worker/models/image_encoder.h"

namespace shoal {
namespace {

// Whether the second follows the first in memory, so that both are one span.
template <typename T>
bool Adjoin(std::span<const T> first, std::span<const T> second) {
  return first.data() + first.size() == second.data();
}

}  // namespace

StepViews::StepViews(const LearnerSettings& settings, at::Device device)
    : size_(settings.image_size),
      parts_(settings.accumulation_steps),
      device_(device),
      augmenter_(settings.augmentation, device) {}

absl::Status StepViews::Begin(const StepInput& input) {
  input_ = input;
  first_ = second_ = at::Tensor();
  if (input.decoded == nullptr) return absl::OkStatus();
  std::vector<BatchView> all(input.first_drawn.begin(), input.first_drawn.end());
  all.insert(all.end(), input.second_drawn.begin(), input.second_drawn.end());
  ASSIGN_OR_RETURN(const at::Tensor made, augmenter_.Apply(*input.decoded, all));
  const auto count = static_cast<int64_t>(input.first_drawn.size());
  const at::Tensor pictures = made.permute({0, 3, 1, 2});
  first_ = pictures.narrow(0, 0, count);
  if (!input.second_drawn.empty()) second_ = pictures.narrow(0, count, count);
  return absl::OkStatus();
}

StepViews::Span StepViews::PartOf(const Span& views, int part) const {
  return {PartOfSpan(views.floats, part, parts_), PartOfSpan(views.levels, part, parts_)};
}

at::Tensor StepViews::PartOf(const at::Tensor& views, int part) const {
  const int64_t count = views.size(0) / parts_;
  return views.narrow(0, part * count, count);
}

at::Tensor StepViews::Pictures(const Span& views) const {
  if (views.levels.empty()) return PicturesOn(views.floats, size_).to(device_);
  const at::Tensor levels = OnDevice(views.levels, {-1, size_, size_, 3}, device_, /*non_blocking=*/true);
  return augmenter_.Normalise(levels).permute({0, 3, 1, 2});
}

at::Tensor StepViews::First(int part) const {
  return first_.defined() ? PartOf(first_, part) : Pictures(FirstSpan(part));
}

at::Tensor StepViews::Second(int part) const {
  return second_.defined() ? PartOf(second_, part) : Pictures(SecondSpan(part));
}

at::Tensor StepViews::Both(int part) const {
  const Span first = FirstSpan(part), second = SecondSpan(part);
  if (first_.defined() || !Adjoin(first.floats, second.floats) || !Adjoin(first.levels, second.levels)) {
    return at::cat({First(part), Second(part)});
  }
  return Pictures({{first.floats.data(), 2 * first.floats.size()}, {first.levels.data(), 2 * first.levels.size()}});
}

}  // namespace shoal
