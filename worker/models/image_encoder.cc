#include "worker/models/image_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_vector_norm.h>

#include <algorithm>

#include "common/status.h"
#include "worker/models/autocast.h"
#include "worker/models/torch_guard.h"

namespace shoal {
namespace {

// Rows of length 1. A row of zeros stays one, with a gradient that is finite.
at::Tensor Normalised(const at::Tensor& rows) {
  constexpr double kShortest = 1e-12;
  return rows / at::linalg_vector_norm(rows, 2, /*dim=*/{1}, /*keepdim=*/true).clamp_min(kShortest);
}

}  // namespace

ImageEncoder::ImageEncoder(const EncoderSettings& settings, Precision precision, GroupExchange* exchange, bool learns,
                           const TensorPlace& place)
    : place_(place),
      precision_(precision),
      mode_{.kind = settings.batch_norm,
            .parts = settings.batch_norm_parts,
            .exchange = exchange,
            .by_operators = place.apart},
      backbone_(settings, &mode_, &tensors_),
      head_(settings, backbone_.features(), &mode_, &tensors_) {
  tensors_.Allocate(settings.seed, learns, place);
}

at::Tensor ImageEncoder::Features(const at::Tensor& pictures) {
  const at::NoGradGuard no_gradient;
  const Autocast autocast(precision_, device().type());
  mode_.training = false;
  return backbone_.Forward(pictures).to(at::kFloat);
}

at::Tensor ImageEncoder::Embed(const at::Tensor& pictures, double running_share) {
  mode_.training = true;
  mode_.running_share = running_share;
  const auto raw = [&] {
    const Autocast autocast(precision_, device().type());
    return head_.Forward(backbone_.Forward(pictures));
  };
  return Normalised(raw().to(at::kFloat));
}

TensorPlace PlaceOf(Device device, int gpu) {
  switch (device) {
    case Device::kCpu:
      return {};
    case Device::kCuda:
      return {at::Device(at::kCUDA, static_cast<at::DeviceIndex>(gpu)), /*apart=*/true};
    case Device::kCpuLikeCuda:
      break;
  }
  return {at::kCPU, /*apart=*/true};
}

at::Tensor PicturesOn(std::span<const float> floats, int64_t size) {
  const int64_t n = static_cast<int64_t>(floats.size()) / (3 * size * size);
  return at::from_blob(const_cast<float*>(floats.data()), {n, 3, size, size}, {3 * size * size, 1, 3 * size, 3},
                       at::TensorOptions(at::kFloat));
}

absl::Status ReadFeatures(ImageEncoder* encoder, int64_t size, std::span<const float> pictures,
                          std::span<float> features) {
  constexpr size_t kBatch = 256;
  const size_t of_picture = size_t{3} * size * size, width = encoder->features(), n = pictures.size() / of_picture;
  if (pictures.size() % of_picture != 0 || features.size() != n * width) {
    return InvalidArgument("features: ", pictures.size(), " floats of pictures and ", features.size(),
                           " of features, expected ", of_picture, " and ", width, " for each picture");
  }
  return TorchGuard(Cat("reading the features of ", n, " pictures"), [&]() -> absl::Status {
    encoder->tensors().Send();
    for (size_t at = 0; at < n; at += kBatch) {
      const size_t count = std::min(kBatch, n - at);
      const at::Tensor batch =
          PicturesOn(pictures.subspan(at * of_picture, count * of_picture), size).to(encoder->device());
      const at::Tensor rows = encoder->Features(batch).cpu().contiguous();
      std::copy_n(rows.const_data_ptr<float>(), count * width, features.begin() + at * width);
    }
    return absl::OkStatus();
  });
}

}  // namespace shoal
