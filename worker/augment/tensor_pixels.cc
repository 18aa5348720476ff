#include "worker/augment/tensor_pixels.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/maximum.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/rsub.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/where.h>

namespace shoal {
namespace {

// Numbers that lie between two steps of 1 / 255 are multiplied by this, as the vector kernels do.
constexpr float kStep = 1.0f / 255;

// Cut to [0, 255], then towards zero, as PIL's blending does.
at::Tensor Blend(const at::Tensor& from, const at::Tensor& to, const at::Tensor& factors) {
  return (to - from).mul_(factors).add_(from).clamp_(0, 255).to(at::kByte);
}

// [views, size, size] in 32 bits.
at::Tensor GreyOf(const at::Tensor& planes) {
  const at::Tensor levels = planes.to(at::kInt);
  return (levels[0] * 19595).add_(levels[1], 38470).add_(levels[2], 7471).add_(32768).bitwise_right_shift_(16);
}

struct Hsv {
  at::Tensor hue, saturation, value;  // Floats; hue and value in steps of 1 / 255, saturation of [0, 1].
};

// As PIL has them, of 8 bits each: PixelBody::ToHsv, expression by expression.
Hsv ToHsv(const at::Tensor& red, const at::Tensor& green, const at::Tensor& blue) {
  const at::Tensor most = at::maximum(at::maximum(red, green), blue);
  const at::Tensor least = at::minimum(at::minimum(red, green), blue);
  const at::Tensor spread = most - least, middle = (red + green).add_(blue).sub_(most).sub_(least);
  const at::Tensor is_red = red == most, is_green = green == most;
  const at::Tensor sector = at::where(is_red, 0.0, at::where(is_green, 2.0, 4.0)).to(at::kFloat);
  const at::Tensor next = at::where(is_red, green, at::where(is_green, blue, red));
  const at::Tensor last = at::where(is_red, blue, at::where(is_green, red, green));
  // Levels are whole: a divisor above 0 is 1 at least.
  const at::Tensor share = (most - middle).div_(spread.clamp_min(1));
  const at::Tensor sixths = at::where(next < last, (sector - 1).add_(share), (sector + 1).sub_(share));
  const at::Tensor circle = sixths / at::full({1}, 6, sixths.options());
  const at::Tensor hue = at::where(circle < 0, circle + 1, circle);
  const at::Tensor saturation = spread / most.clamp_min(1);
  return {(hue * 255).trunc_(), (saturation * 255).trunc_().mul_(kStep), most};
}

at::Tensor IsEither(const at::Tensor& sixth, int a, int b) { return (sixth == a).logical_or_(sixth == b); }

// From the middle outwards along dimension `dim`, which has `radius` values more on either side of `size`: the products
// in the order in which the vector kernels add them to `sum`.
void AddNeighbours(const at::Tensor& wide, const at::Tensor& weights, int64_t dim, int64_t size, at::Tensor* sum) {
  const int64_t radius = weights.size(1) - 1;
  for (int64_t k = 1; k <= radius; ++k) {
    const at::Tensor both = wide.narrow(dim, radius - k, size) + wide.narrow(dim, radius + k, size);
    sum->add_(both * weights.select(1, k).view({1, -1, 1, 1}));
  }
}

}  // namespace

at::Tensor Brightened(const at::Tensor& planes, const at::Tensor& factors) {
  // From black, which is 0: the difference is the level itself.
  return planes.to(at::kFloat).mul_(factors).clamp_(0, 255).to(at::kByte);
}

at::Tensor Contrasted(const at::Tensor& planes, const at::Tensor& factors) {
  const int64_t pixels = planes.size(2) * planes.size(3);
  const at::Tensor sums = GreyOf(planes).sum({1, 2}, /*keepdim=*/true, at::kLong);
  // The mean, rounded: in whole numbers, where a device's sum of floats could fall on the other side of a half.
  const at::Tensor mean = (sums * 2 + pixels).div_(2 * pixels, "floor");
  return Blend(mean.to(at::kFloat), planes.to(at::kFloat), factors);
}

at::Tensor Saturated(const at::Tensor& planes, const at::Tensor& factors) {
  return Blend(GreyOf(planes).to(at::kFloat), planes.to(at::kFloat), factors);
}

at::Tensor HueTurned(const at::Tensor& planes, const at::Tensor& turns) {
  const at::Tensor levels = planes.to(at::kFloat);
  const Hsv hsv = ToHsv(levels[0], levels[1], levels[2]);
  const at::Tensor turned = hsv.hue + turns, hue = at::where(turned > 255, turned - 256, turned);
  // Within a sixth of the circle one channel is the greatest, one the least, and one rises or falls in between.
  const at::Tensor six = hue * 6, sixth = (six + 0.5f).mul_(kStep).trunc_();
  const at::Tensor part = (six - sixth * 255).mul_(kStep);
  const at::Tensor odd = IsEither(sixth, 1, 3).logical_or_(sixth == 5);
  const at::Tensor between = at::where(odd, part, at::rsub(part, 1));
  const at::Tensor& high = hsv.value;
  const at::Tensor low = (hsv.value * at::rsub(hsv.saturation, 1)).add_(0.5f).trunc_();
  const at::Tensor middle = (hsv.value * at::rsub(hsv.saturation * between, 1)).add_(0.5f).trunc_();
  const at::Tensor red = at::where(IsEither(sixth, 1, 4), middle, at::where(IsEither(sixth, 2, 3), low, high));
  const at::Tensor green =
      at::where(IsEither(sixth, 0, 3).logical_or_(sixth == 6), middle, at::where(IsEither(sixth, 1, 2), high, low));
  const at::Tensor blue = at::where(IsEither(sixth, 2, 5), middle, at::where(IsEither(sixth, 3, 4), high, low));
  return at::stack({red, green, blue}).to(at::kByte);
}

at::Tensor Greyed(const at::Tensor& planes) { return GreyOf(planes).to(at::kByte).expand_as(planes); }

at::Tensor Blurred(const at::Tensor& planes, const at::Tensor& weights) {
  const int64_t radius = weights.size(1) - 1, size = planes.size(3);
  // -1 is 1 and size is size - 2: mirrored at the first and at the last, and those not twice.
  const at::Tensor places = at::arange(-radius, size + radius, at::TensorOptions(at::kInt).device(planes.device()));
  const at::Tensor mirrored = at::rsub(at::rsub(places.abs(), size - 1).abs(), size - 1);
  const at::Tensor centre = weights.select(1, 0).view({1, -1, 1, 1});
  const at::Tensor tall = planes.index_select(2, mirrored).to(at::kFloat);
  at::Tensor down = tall.narrow(2, radius, size) * centre;
  AddNeighbours(tall, weights, 2, size, &down);
  const at::Tensor wide = down.index_select(3, mirrored);
  at::Tensor along = (wide.narrow(3, radius, size) * centre).add_(0.5f);
  AddNeighbours(wide, weights, 3, size, &along);
  return along.to(at::kByte);
}

at::Tensor Solarised(const at::Tensor& planes, int threshold) {
  // 255 - value, as bits.
  return at::where(planes.to(at::kInt) < threshold, planes, planes.bitwise_not());
}

}  // namespace shoal
