#include "worker/models/image_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>

namespace shoal {
namespace {

// Rows of length 1. A row of zeros stays one, with a gradient that is finite.
at::Tensor Normalised(const at::Tensor& rows) {
  constexpr double kShortest = 1e-12;
  return rows / at::linalg_vector_norm(rows, 2, /*dim=*/{1}, /*keepdim=*/true).clamp_min(kShortest);
}

}  // namespace

ImageEncoder::ImageEncoder(const EncoderSettings& settings, GroupExchange* exchange, bool learns)
    : mode_{.kind = settings.batch_norm, .parts = settings.batch_norm_parts, .exchange = exchange},
      backbone_(settings, &mode_, &tensors_),
      head_(settings, backbone_.features(), &mode_, &tensors_) {
  tensors_.Allocate(settings.seed, learns);
}

at::Tensor ImageEncoder::Features(const at::Tensor& pictures) {
  const at::NoGradGuard no_gradient;
  mode_.training = false;
  return backbone_.Forward(pictures);
}

at::Tensor ImageEncoder::Embed(const at::Tensor& pictures) {
  mode_.training = true;
  return Normalised(head_.Forward(backbone_.Forward(pictures)));
}

}  // namespace shoal
