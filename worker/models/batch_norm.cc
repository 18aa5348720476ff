#include "worker/models/batch_norm.h"

#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/relu.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "worker/kernels/batch_norm_kernel.h"
#include "worker/models/batch_norm_operators.h"
#include "worker/models/in_parts.h"

namespace shoal {
namespace {

at::MemoryFormat FormatOf(const at::Tensor& x) {
  return x.dim() == 4 ? at::MemoryFormat::ChannelsLast : at::MemoryFormat::Contiguous;
}
// As rows of channels; costs nothing where it is that already.
at::Tensor InRows(const at::Tensor& x) { return x.contiguous(FormatOf(x)); }

const float* FloatsOf(const at::Tensor& tensor) { return tensor.defined() ? tensor.const_data_ptr<float>() : nullptr; }
const float* From(const float* floats, int64_t offset) { return floats == nullptr ? nullptr : floats + offset; }

// [2 * channels] The sums of what sum(first row, rows, own) adds to such sums of its own for each part of `rows`.
template <typename Sum>
std::vector<double> SumsOverRows(int64_t rows, int64_t channels, const Sum& sum) {
  const int64_t parts = PartsOf(rows);
  std::vector<double> sums(2 * channels * parts);
  InParts(rows, parts, [&](int64_t part, int64_t begin, int64_t end) {
    sum(begin, end - begin, sums.data() + 2 * channels * part);
  });
  for (int64_t part = 1; part < parts; ++part) {
    for (int64_t i = 0; i < 2 * channels; ++i) sums[i] += sums[2 * channels * part + i];
  }
  sums.resize(2 * channels);
  return sums;
}

// Adds over all workers, and rounds to what travels between them.
void SumOverWorkers(GroupExchange* exchange, std::vector<double>* values) {
  std::vector<float> floats(values->begin(), values->end());
  exchange->Sum(floats);
  values->assign(floats.begin(), floats.end());
}

}  // namespace

BatchNorm::BatchNorm(const std::string& name, int64_t channels, bool affine, const BatchNormMode* mode,
                     ModelTensors* tensors)
    : channels_(channels), mode_(mode) {
  constexpr auto kConstant = Initialisation::Kind::kConstant;
  if (affine) {
    weight_ = tensors->AddParameter(name + ".weight", {channels}, {kConstant, 1}, /*decays=*/false);
    bias_ = tensors->AddParameter(name + ".bias", {channels}, {kConstant, 0}, /*decays=*/false);
  }
  running_mean_ = tensors->AddBuffer(name + ".running_mean", {channels}, 0);
  running_var_ = tensors->AddBuffer(name + ".running_var", {channels}, 1);
}

float BatchNorm::weight(int64_t channel) const {
  return weight_ == nullptr ? 1 : weight_->tensor.const_data_ptr<float>()[channel];
}
float BatchNorm::bias(int64_t channel) const {
  return bias_ == nullptr ? 0 : bias_->tensor.const_data_ptr<float>()[channel];
}

BatchNorm::Statistics BatchNorm::StatisticsOf(const at::Tensor& x) const {
  return mode_->training ? MeasureAndMoveRunning(x) : Running();
}

BatchNorm::Statistics BatchNorm::Running() const {
  Statistics statistics{at::empty({parts(), channels_}), at::empty({parts(), channels_}), 0};
  const float* const mean = running_mean_->tensor.const_data_ptr<float>();
  const float* const var = running_var_->tensor.const_data_ptr<float>();
  for (int64_t i = 0; i < parts() * channels_; ++i) {
    statistics.mean.mutable_data_ptr<float>()[i] = mean[i % channels_];
    statistics.inverse_deviation.mutable_data_ptr<float>()[i] =
        static_cast<float>(1 / std::sqrt(var[i % channels_] + kBatchNormEpsilon));
  }
  return statistics;
}

BatchNorm::Statistics BatchNorm::MeasureAndMoveRunning(const at::Tensor& x) const {
  const int64_t channels = channels_, rows = x.numel() / channels / parts();
  Statistics statistics{at::empty({parts(), channels}), at::empty({parts(), channels}), 0};
  float* const running_mean = running_mean_->tensor.mutable_data_ptr<float>();
  float* const running_var = running_var_->tensor.mutable_data_ptr<float>();
  // Sums of distances from the running mean: near the mean, so that the variance is no small difference of large
  // numbers, and the same on all workers, so that sums add up.
  const std::vector<float> shift(running_mean, running_mean + channels);
  std::vector<double> mean_of_parts(channels), var_of_parts(channels);
  for (int part = 0; part < parts(); ++part) {
    const float* const of_part = FloatsOf(x) + part * rows * channels;
    std::vector<double> sums = SumsOverRows(rows, channels, [&](int64_t first, int64_t count, double* own) {
      BatchNormKernel().statistics(of_part + first * channels, count, channels, shift.data(), own, own + channels);
    });
    sums.push_back(static_cast<double>(rows));
    if (mode_->kind == BatchNormKind::kSynchronised) SumOverWorkers(mode_->exchange, &sums);
    const double count = statistics.rows = sums.back();
    for (int64_t c = 0; c < channels; ++c) {
      const double distance = sums[c] / count;
      const double var = std::max(0.0, sums[channels + c] / count - distance * distance);
      statistics.mean.mutable_data_ptr<float>()[part * channels + c] = static_cast<float>(shift[c] + distance);
      statistics.inverse_deviation.mutable_data_ptr<float>()[part * channels + c] =
          static_cast<float>(1 / std::sqrt(var + kBatchNormEpsilon));
      mean_of_parts[c] += (shift[c] + distance) / parts();
      // Without bias, as torchvision's.
      var_of_parts[c] += var * count / std::max(1.0, count - 1) / parts();
    }
  }
  for (int64_t c = 0; c < channels; ++c) {
    running_mean[c] += static_cast<float>(mode_->running_share * (mean_of_parts[c] - running_mean[c]));
    running_var[c] += static_cast<float>(mode_->running_share * (var_of_parts[c] - running_var[c]));
  }
  return statistics;
}

void BatchNorm::Normalise(const at::Tensor& x, const at::Tensor& shortcut, const Statistics& statistics, bool rectify,
                          const at::Tensor& y) const {
  const int64_t rows = x.numel() / channels_ / parts();
  std::vector<float> scale(channels_), offset(channels_);
  for (int part = 0; part < parts(); ++part) {
    for (int64_t c = 0; c < channels_; ++c) {
      scale[c] = weight(c) * FloatsOf(statistics.inverse_deviation)[part * channels_ + c];
      offset[c] = bias(c) - scale[c] * FloatsOf(statistics.mean)[part * channels_ + c];
    }
    InParts(rows, PartsOf(rows), [&](int64_t, int64_t begin, int64_t end) {
      const int64_t at = (part * rows + begin) * channels_;
      BatchNormKernel().apply(FloatsOf(x) + at, From(FloatsOf(shortcut), at), end - begin, channels_, scale.data(),
                              offset.data(), rectify, y.mutable_data_ptr<float>() + at);
    });
  }
}

// The differentiable form. Its gradient needs the input and, where rectified, the output, both of which the
// convolutions around it keep anyway.
struct BatchNormFunction : torch::autograd::Function<BatchNormFunction> {
  using Context = torch::autograd::AutogradContext;
  using Tensors = torch::autograd::variable_list;

  static at::Tensor forward(Context* context, const at::Tensor& x, const std::optional<at::Tensor>& shortcut,
                            const std::optional<at::Tensor>& /*weight*/, const std::optional<at::Tensor>& /*bias*/,
                            const BatchNorm* layer, bool rectify) {
    const at::Tensor y = at::empty_like(x);
    const at::Tensor added = shortcut.has_value() ? InRows(*shortcut) : at::Tensor();
    const BatchNorm::Statistics statistics = layer->StatisticsOf(x);
    layer->Normalise(x, added, statistics, rectify, y);
    context->save_for_backward({x, rectify ? y : at::Tensor(), statistics.mean, statistics.inverse_deviation});
    context->saved_data["layer"] = reinterpret_cast<int64_t>(layer);
    context->saved_data["rows"] = statistics.rows;
    context->saved_data["has_shortcut"] = added.defined();
    return y;
  }

  static Tensors backward(Context* context, const Tensors& gradients) {
    const Tensors saved = context->get_saved_variables();
    const auto& layer = *reinterpret_cast<const BatchNorm*>(context->saved_data["layer"].toInt());
    Gradients of{InRows(gradients[0]), saved[0], saved[1], saved[2], saved[3], context->saved_data["rows"].toDouble()};
    if (context->saved_data["has_shortcut"].toBool()) of.dz = at::empty_like(of.x);
    of.dx = at::empty_like(of.x);
    of.Compute(layer);
    return {of.dx, of.dz, of.weight, of.bias, at::Tensor(), at::Tensor()};
  }

 private:
  struct Gradients {
    at::Tensor dy, x, y, mean, inverse_deviation;  // y undefined: not rectified.
    double rows;                                   // 0: the statistics are constants, not the batch's.
    at::Tensor dx, dz, weight, bias;

    void Compute(const BatchNorm& layer) {
      const int64_t channels = layer.channels_;
      if (layer.weight_ != nullptr) weight = at::zeros_like(layer.weight_->tensor.detach());
      if (layer.bias_ != nullptr) bias = at::zeros_like(layer.bias_->tensor.detach());
      for (int part = 0; part < layer.parts(); ++part) {
        std::vector<double> sums = ComputeSums(layer, part);
        for (int64_t c = 0; c < channels && weight.defined(); ++c) {
          weight.mutable_data_ptr<float>()[c] +=
              static_cast<float>(sums[channels + c] * FloatsOf(inverse_deviation)[part * channels + c]);
          bias.mutable_data_ptr<float>()[c] += static_cast<float>(sums[c]);
        }
        // After the parameters' gradients, which are summed over the workers with all others.
        if (layer.mode_->kind == BatchNormKind::kSynchronised && rows > 0) {
          SumOverWorkers(layer.mode_->exchange, &sums);
        }
        ComputeInput(layer, part, sums);
      }
    }

    int64_t RowsOfPart(const BatchNorm& layer) const { return x.numel() / layer.channels_ / layer.parts(); }

    std::vector<double> ComputeSums(const BatchNorm& layer, int part) {
      const int64_t channels = layer.channels_, rows_of_part = RowsOfPart(layer);
      return SumsOverRows(rows_of_part, channels, [&](int64_t first, int64_t count, double* own) {
        const int64_t at = (part * rows_of_part + first) * channels;
        BatchNormKernel().gradient_sums(FloatsOf(dy) + at, From(FloatsOf(y), at), FloatsOf(x) + at, count, channels,
                                        FloatsOf(mean) + part * channels, own, own + channels,
                                        dz.defined() ? dz.mutable_data_ptr<float>() + at : nullptr);
      });
    }

    void ComputeInput(const BatchNorm& layer, int part, const std::vector<double>& sums) {
      const int64_t channels = layer.channels_, rows_of_part = RowsOfPart(layer);
      std::vector<float> a(channels), b(channels), c(channels);
      for (int64_t i = 0; i < channels; ++i) {
        const double deviation = FloatsOf(inverse_deviation)[part * channels + i];
        const double scale = layer.weight(i) * deviation;
        a[i] = static_cast<float>(scale);
        if (rows == 0) continue;
        b[i] = static_cast<float>(-scale * deviation * deviation * sums[channels + i] / rows);
        c[i] = static_cast<float>(-scale * sums[i] / rows);
      }
      // dz, where it was kept, is dy with the rectifier's part done.
      const float* const from = FloatsOf(dz.defined() ? dz : dy);
      const float* const rectified = dz.defined() ? nullptr : FloatsOf(y);
      InParts(rows_of_part, PartsOf(rows_of_part), [&](int64_t, int64_t begin, int64_t end) {
        const int64_t at = (part * rows_of_part + begin) * channels;
        BatchNormKernel().gradient(from + at, From(rectified, at), FloatsOf(x) + at, end - begin, channels,
                                   FloatsOf(mean) + part * channels, a.data(), b.data(), c.data(),
                                   dx.mutable_data_ptr<float>() + at);
      });
    }
  };
};

at::Tensor BatchNorm::Apply(at::Tensor x, at::Tensor shortcut, bool rectify) const {
  TORCH_CHECK(x.size(0) % parts() == 0, "a batch of ", x.size(0), " does not divide into ", parts(),
              " parts of batch normalisation");
  if (mode_->by_operators) return ApplyByOperators(x, shortcut, rectify);
  x = InRows(x.to(at::kFloat));
  if (!at::GradMode::is_enabled()) {
    Normalise(x, shortcut.defined() ? InRows(shortcut) : shortcut, StatisticsOf(x), rectify, x);
    return x;
  }
  const auto given = [](const ModelTensor* tensor) {
    return tensor == nullptr ? std::optional<at::Tensor>() : tensor->tensor;
  };
  const auto added = shortcut.defined() ? std::optional<at::Tensor>(std::move(shortcut)) : std::nullopt;
  return BatchNormFunction::apply(x, added, given(weight_), given(bias_), this, rectify);
}

at::Tensor BatchNorm::ApplyByOperators(const at::Tensor& x, const at::Tensor& shortcut, bool rectify) const {
  const auto given = [](const ModelTensor* tensor) { return tensor == nullptr ? at::Tensor() : tensor->tensor; };
  const BatchNormTensors tensors{given(weight_), given(bias_), running_mean_->tensor, running_var_->tensor};
  // In place: neither gradient needs what is overwritten.
  at::Tensor y = NormaliseByOperators(x, tensors, *mode_);
  if (shortcut.defined()) y.add_(shortcut);
  return rectify ? at::relu_(y) : y;
}

}  // namespace shoal
