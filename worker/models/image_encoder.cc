#include "worker/models/image_encoder.h"

#include <ATen/TensorOperators.h>
#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/linalg_vector_norm.h>

namespace shoal {
namespace {

// Rows of length 1. A row of zeros stays one, with a gradient that is finite.
at::Tensor Normalised(const at::Tensor& rows) {
  constexpr double kShortest = 1e-12;
  return rows / at::linalg_vector_norm(rows, 2, /*dim=*/{1}, /*keepdim=*/true).clamp_min(kShortest);
}

// Lets Torch's operators compute in the precision that each is fit for, as long as it lives.
class Autocast {
 public:
  explicit Autocast(Precision precision) : applies_(precision == Precision::kBfloat16) {
    if (!applies_) return;
    at::autocast::set_autocast_enabled(at::kCPU, true);
    at::autocast::set_autocast_dtype(at::kCPU, at::kBFloat16);
  }
  ~Autocast() {
    if (!applies_) return;
    at::autocast::set_autocast_enabled(at::kCPU, false);
    // It keeps the weights that it cast.
    at::autocast::clear_cache();
  }
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  const bool applies_;
};

}  // namespace

ImageEncoder::ImageEncoder(const EncoderSettings& settings, Precision precision, GroupExchange* exchange, bool learns)
    : precision_(precision),
      mode_{.kind = settings.batch_norm, .parts = settings.batch_norm_parts, .exchange = exchange},
      backbone_(settings, &mode_, &tensors_),
      head_(settings, backbone_.features(), &mode_, &tensors_) {
  tensors_.Allocate(settings.seed, learns);
}

at::Tensor ImageEncoder::Features(const at::Tensor& pictures) {
  const at::NoGradGuard no_gradient;
  const Autocast autocast(precision_);
  mode_.training = false;
  return backbone_.Forward(pictures).to(at::kFloat);
}

at::Tensor ImageEncoder::Embed(const at::Tensor& pictures) {
  mode_.training = true;
  const auto raw = [&] {
    const Autocast autocast(precision_);
    return head_.Forward(backbone_.Forward(pictures));
  };
  return Normalised(raw().to(at::kFloat));
}

}  // namespace shoal
