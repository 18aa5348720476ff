#include "worker/augment/tensor_resample.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/full.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/where.h>

#include "data/images/resample_taps.h"
#include "worker/augment/host_values.h"

namespace shoal {
namespace {

// A ResamplePass on the device.
struct DevicePass {
  at::Tensor starts;   // [views, size]
  at::Tensor lasts;    // [views, 1]
  at::Tensor weights;  // [taps, views, size]

  // Where tap `t` of each output is, [views, size].
  at::Tensor Positions(int t) const { return at::minimum(starts + t, lasts); }
};

DevicePass ToDevice(const ResamplePass& pass, int64_t size, at::Device device) {
  const auto views = static_cast<int64_t>(pass.lasts.size());
  return {OnDevice<int32_t>(pass.starts, {views, size}, device), OnDevice<int32_t>(pass.lasts, {views, 1}, device),
          OnDevice<int32_t>(pass.weights, {pass.taps, views, size}, device)};
}

// Sums begin with a half, so that their shift rounds.
at::Tensor Sums(at::IntArrayRef shape, at::Device device) {
  return at::full(shape, 1 << (ResampleTaps::kFractionBits - 1), at::TensorOptions(at::kInt).device(device));
}

at::Tensor Rounded(at::Tensor sums) { return sums.bitwise_right_shift_(ResampleTaps::kFractionBits).to(at::kByte); }

// [lines, size, 3]. A tap takes the lines that have it, which are the first.
at::Tensor ResizeLines(const at::Tensor& pixels, const ResamplePlan& plan, int64_t size) {
  const at::Device device = pixels.device();
  const DevicePass pass = ToDevice(plan.first, size, device);
  const at::Tensor steps = OnDevice<int32_t>(plan.steps, {-1, 1}, device);
  const at::Tensor line_views = OnDevice<int32_t>(plan.line_views, {plan.lines()}, device);
  const at::Tensor line_pixels = OnDevice<int32_t>(plan.line_pixels, {plan.lines(), 1}, device);
  at::Tensor sums = Sums({plan.lines(), size, 3}, device);
  for (int t = 0; t < plan.first.taps; ++t) {
    const int64_t lines = plan.lines_of_tap[t];
    const at::Tensor views = line_views.narrow(0, 0, lines);
    const at::Tensor places =
        pass.Positions(t).mul_(steps).index_select(0, views).add_(line_pixels.narrow(0, 0, lines));
    const at::Tensor values = pixels.index_select(0, places.view(-1)).view({lines, size, 3});
    const at::Tensor weights = pass.weights[t].index_select(0, views).unsqueeze(2);
    sums.narrow(0, 0, lines).addcmul_(values, weights);
  }
  return Rounded(sums);
}

// [views, size, size, 3] of `lines` [lines, size, 3].
at::Tensor AddLines(const at::Tensor& lines, const ResamplePlan& plan, int64_t size) {
  const DevicePass pass = ToDevice(plan.second, size, lines.device());
  const at::Tensor flat = lines.view({-1, size * 3});
  at::Tensor sums = Sums({pass.starts.numel(), size * 3}, lines.device());
  for (int t = 0; t < plan.second.taps; ++t) {
    sums.addcmul_(flat.index_select(0, pass.Positions(t).view(-1)), pass.weights[t].reshape({-1, 1}));
  }
  return Rounded(sums).view({-1, size, size, 3});
}

}  // namespace

at::Tensor ResizeOnDevice(const at::Tensor& pixels, const ResamplePlan& plan, int size) {
  const at::Tensor views = AddLines(ResizeLines(pixels, plan, size), plan, size);
  const at::Tensor turned = OnDevice<uint8_t>(plan.columns_first, {-1, 1, 1, 1}, pixels.device()).to(at::kBool);
  return at::where(turned, views.transpose(1, 2), views).permute({3, 0, 1, 2}).contiguous();
}

}  // namespace shoal
