#include "worker/models/projection_head.h"

#include <ATen/ops/linear.h>
#include <ATen/ops/relu.h>

#include <cmath>

#include "common/text.h"

namespace shoal {

ProjectionHead::ProjectionHead(const EncoderSettings& settings, int64_t features, const BatchNormMode* mode,
                               ModelTensors* tensors)
    : dim_(settings.head == HeadKind::kNone ? features : settings.embedding_dim) {
  const int64_t hidden = settings.head_hidden > 0 ? settings.head_hidden : features;
  switch (settings.head) {
    case HeadKind::kNone:
      break;
    case HeadKind::kLinear:
      linears_ = {MakeLinear(0, features, dim_, /*has_bias=*/true, tensors)};
      break;
    case HeadKind::kMocoMlp:
      linears_ = {MakeLinear(0, features, hidden, /*has_bias=*/true, tensors),
                  MakeLinear(2, hidden, dim_, /*has_bias=*/true, tensors)};
      break;
    case HeadKind::kSimClrMlp:
      linears_.push_back(MakeLinear(0, features, hidden, /*has_bias=*/false, tensors));
      norms_.emplace_back("head.1", hidden, /*affine=*/true, mode, tensors);
      linears_.push_back(MakeLinear(3, hidden, dim_, /*has_bias=*/false, tensors));
      norms_.emplace_back("head.4", dim_, /*affine=*/false, mode, tensors);
      break;
  }
}

// Uniform within 1 / sqrt(in), as Torch's own linear layer begins.
ProjectionHead::Linear ProjectionHead::MakeLinear(int place, int64_t in, int64_t out, bool has_bias,
                                                  ModelTensors* tensors) const {
  const Initialisation initial{Initialisation::Kind::kUniform, 1 / std::sqrt(static_cast<double>(in))};
  return {tensors->AddParameter(Cat("head.", place, ".weight"), {out, in}, initial, /*decays=*/true),
          has_bias ? tensors->AddParameter(Cat("head.", place, ".bias"), {out}, initial, /*decays=*/false) : nullptr};
}

at::Tensor ProjectionHead::Forward(const at::Tensor& features) const {
  at::Tensor x = features;
  for (size_t i = 0; i < linears_.size(); ++i) {
    const bool last = i + 1 == linears_.size();
    const Linear& linear = linears_[i];
    x = at::linear(x, linear.weight->tensor,
                   linear.bias == nullptr ? std::optional<at::Tensor>() : linear.bias->tensor);
    if (!norms_.empty()) {
      x = norms_[i].Apply(x, /*shortcut=*/{}, /*rectify=*/!last);
    } else if (!last) {
      x = at::relu(x);
    }
  }
  return x;
}

}  // namespace shoal
