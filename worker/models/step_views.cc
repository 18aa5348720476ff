#include "worker/models/step_views.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/from_blob.h>

#include <vector>

#include "common/status.h"
#include "worker/models/image_encoder.h"

namespace shoal {

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

at::Tensor StepViews::OnDevice(const Span& views) const {
  if (views.levels.empty()) return PicturesOn(views.floats, size_).to(device_);
  const int64_t count = static_cast<int64_t>(views.levels.size()) / (3 * size_ * size_);
  const at::Tensor levels =
      at::from_blob(const_cast<uint8_t*>(views.levels.data()), {count, size_, size_, 3}, at::TensorOptions(at::kByte))
          .to(device_, /*non_blocking=*/true);
  return augmenter_.Normalise(levels).permute({0, 3, 1, 2});
}

at::Tensor StepViews::First(int part) const {
  return first_.defined() ? PartOf(first_, part) : OnDevice(FirstSpan(part));
}

at::Tensor StepViews::Second(int part) const {
  return second_.defined() ? PartOf(second_, part) : OnDevice(SecondSpan(part));
}

at::Tensor StepViews::Both(int part) const {
  const Span first = FirstSpan(part), second = SecondSpan(part);
  // Without a copy where they follow each other in memory.
  if (!first.floats.empty() && first.floats.data() + first.floats.size() == second.floats.data()) {
    return OnDevice({{first.floats.data(), 2 * first.floats.size()}, {}});
  }
  return at::cat({First(part), Second(part)});
}

}  // namespace shoal
