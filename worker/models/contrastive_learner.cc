#include "worker/models/contrastive_learner.h"

#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/from_blob.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "common/status.h"
#include "worker/losses/nt_xent.h"
#include "worker/models/gradient_buckets.h"
#include "worker/models/image_encoder.h"
#include "worker/models/torch_guard.h"

namespace shoal {
namespace {

constexpr int64_t kFeatureBatch = 256;

std::vector<ParameterSegment> SegmentsOf(const ModelTensors& tensors) {
  std::vector<ParameterSegment> segments;
  for (const ModelTensor& parameter : tensors.parameters()) {
    segments.push_back({parameter.offset, parameter.size, parameter.decays});
  }
  return segments;
}

class Learner : public ContrastiveLearner {
 public:
  Learner(const LearnerSettings& settings, WorkerGroup group)
      : settings_(settings),
        exchange_(std::move(group)),
        query_(settings.encoder, &exchange_, /*learns=*/true),
        optimizer_(settings.optimizer, SegmentsOf(query_.tensors())),
        buckets_(
            settings.bucket_bytes / sizeof(float),
            [this](std::span<float> bucket) { exchange_.BeginGradients(bucket); }, &query_.tensors()) {}

  absl::StatusOr<StepResult> Step(const StepInput& input) override {
    RETURN_IF_ERROR(exchange_.status());
    RETURN_IF_ERROR(CheckViews(input));
    return TorchGuard("a training step", [&]() -> absl::StatusOr<StepResult> {
      StepResult result;
      buckets_.Begin();
      StepSimClr(input, &result);
      buckets_.Finish();
      exchange_.FinishGradients();
      RETURN_IF_ERROR(exchange_.status());
      result.gradient_norm = optimizer_.Step(query_.tensors().parameter_floats(), query_.tensors().gradient_floats(),
                                             1.0 / exchange_.size(), input.learning_rate);
      ++steps_;
      return result;
    });
  }

  absl::Status Features(std::span<const float> pictures, std::span<float> features) override;

  int64_t features() const override { return query_.features(); }
  int64_t dim() const override { return query_.dim(); }
  uint64_t steps() const override { return steps_; }
  std::span<float> QueryParameters() override { return query_.tensors().parameter_floats(); }
  std::span<float> KeyParameters() override { return {}; }
  std::span<float> RunningStatistics() override { return query_.tensors().buffer_floats(); }

  size_t StateFloats() const override {
    return query_.tensors().parameter_floats().size() + query_.tensors().buffer_floats().size() +
           optimizer_.StateFloats() + kCounterFloats;
  }
  std::string StateLayout() const override { return query_.tensors().Layout(); }
  absl::Status SaveState(std::span<float> state) const override;
  absl::Status LoadState(std::span<const float> state) override;

 private:
  // A float holds whole numbers of 24 bits exactly.
  static constexpr uint64_t kCounterBase = uint64_t{1} << 24;
  static constexpr size_t kCounterFloats = 2;

  size_t PictureFloats() const { return size_t{3} * settings_.image_size * settings_.image_size; }
  absl::Status CheckViews(const StepInput& input) const;

  // [n, 3, size, size] in channels_last order, on the same memory.
  at::Tensor AsPictures(std::span<const float> floats) const {
    const int64_t size = settings_.image_size, n = floats.size() / PictureFloats();
    return at::from_blob(const_cast<float*>(floats.data()), {n, 3, size, size}, {3 * size * size, 1, 3 * size, 3},
                         at::TensorOptions(at::kFloat));
  }
  // The first views, then the second, as one batch.
  at::Tensor BothViews(const StepInput& input);
  void StepSimClr(const StepInput& input, StepResult* result);
  void Report(const ContrastiveLoss& loss, const at::Tensor& embeddings, StepResult* result);

  const LearnerSettings settings_;
  GroupExchange exchange_;
  ImageEncoder query_;
  DenseOptimizer optimizer_;
  GradientBuckets buckets_;
  std::vector<float> both_views_;
  at::Tensor embeddings_;  // Of the last step.
  uint64_t steps_ = 0;
};

absl::Status Learner::CheckViews(const StepInput& input) const {
  const size_t floats = input.first_views.size();
  if (floats == 0 || floats % PictureFloats() != 0) {
    return InvalidArgument("first views: ", floats, " floats are not pictures of ", settings_.image_size, " x ",
                           settings_.image_size, " x 3 = ", PictureFloats(), " floats each");
  }
  if (input.second_views.size() != floats) {
    return InvalidArgument("second views: ", input.second_views.size(), " floats, expected as many as first views, ",
                           floats);
  }
  if (floats / PictureFloats() > static_cast<size_t>(settings_.max_batch)) {
    return InvalidArgument("first views: ", floats / PictureFloats(), " pictures, more than the limit of ",
                           settings_.max_batch, " a step");
  }
  return absl::OkStatus();
}

at::Tensor Learner::BothViews(const StepInput& input) {
  const size_t floats = input.first_views.size();
  if (input.first_views.data() + floats == input.second_views.data()) {
    return AsPictures({input.first_views.data(), 2 * floats});
  }
  both_views_.resize(2 * floats);
  std::ranges::copy(input.second_views, std::ranges::copy(input.first_views, both_views_.begin()).out);
  return AsPictures(both_views_);
}

void Learner::StepSimClr(const StepInput& input, StepResult* result) {
  const at::Tensor anchors = query_.Embed(BothViews(input));
  const ContrastiveLoss loss = NtXentLoss(anchors, anchors, 0, settings_.temperature);
  loss.loss.backward();
  Report(loss, anchors, result);
}

void Learner::Report(const ContrastiveLoss& loss, const at::Tensor& embeddings, StepResult* result) {
  const at::NoGradGuard no_gradient;
  result->loss = loss.loss.item<double>();
  result->positive_similarity = loss.positive_similarity;
  result->negative_similarity = loss.negative_similarity;
  result->accuracy = loss.accuracy;
  embeddings_ = embeddings.detach().contiguous();
  result->spread = embeddings_.std(0, /*unbiased=*/false).mean().item<double>() * std::sqrt(embeddings_.size(1));
  result->embeddings = {embeddings_.const_data_ptr<float>(), static_cast<size_t>(embeddings_.numel())};
}

absl::Status Learner::Features(std::span<const float> pictures, std::span<float> features) {
  const size_t n = pictures.size() / PictureFloats(), width = query_.features();
  if (pictures.size() % PictureFloats() != 0 || features.size() != n * width) {
    return InvalidArgument("features: ", pictures.size(), " floats of pictures and ", features.size(),
                           " of features, expected ", PictureFloats(), " and ", width, " for each picture");
  }
  return TorchGuard("reading features", [&]() -> absl::Status {
    for (size_t at = 0; at < n; at += kFeatureBatch) {
      const size_t count = std::min<size_t>(kFeatureBatch, n - at);
      const at::Tensor rows =
          query_.Features(AsPictures(pictures.subspan(at * PictureFloats(), count * PictureFloats()))).contiguous();
      std::copy_n(rows.const_data_ptr<float>(), count * width, features.begin() + at * width);
    }
    return absl::OkStatus();
  });
}

// The order of a state: parameters, running statistics, the optimizer's, the steps.
absl::Status Learner::SaveState(std::span<float> state) const {
  if (state.size() != StateFloats()) {
    return InvalidArgument("state: ", state.size(), " floats to save into, expected ", StateFloats());
  }
  auto at = std::ranges::copy(query_.tensors().parameter_floats(), state.begin()).out;
  at = std::ranges::copy(query_.tensors().buffer_floats(), at).out;
  optimizer_.SaveState({at, optimizer_.StateFloats()});
  at += optimizer_.StateFloats();
  *at++ = static_cast<float>(steps_ / kCounterBase);
  *at++ = static_cast<float>(steps_ % kCounterBase);
  return absl::OkStatus();
}

absl::Status Learner::LoadState(std::span<const float> state) {
  if (state.size() != StateFloats()) {
    return InvalidArgument("state: ", state.size(), " floats to load, expected ", StateFloats());
  }
  const auto take = [&state](size_t floats) {
    const std::span<const float> taken = state.first(floats);
    state = state.subspan(floats);
    return taken;
  };
  const std::span<float> parameters = query_.tensors().parameter_floats(), buffers = query_.tensors().buffer_floats();
  std::ranges::copy(take(parameters.size()), parameters.begin());
  std::ranges::copy(take(buffers.size()), buffers.begin());
  optimizer_.LoadState(take(optimizer_.StateFloats()));
  const std::span<const float> counter = take(kCounterFloats);
  steps_ = static_cast<uint64_t>(counter[0]) * kCounterBase + static_cast<uint64_t>(counter[1]);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<ContrastiveLearner>> ContrastiveLearner::Create(const LearnerSettings& settings,
                                                                               WorkerGroup group) {
  return TorchGuard("making an image encoder", [&]() -> absl::StatusOr<std::unique_ptr<ContrastiveLearner>> {
    at::set_num_threads(settings.threads);
    return std::make_unique<Learner>(settings, std::move(group));
  });
}

}  // namespace shoal
