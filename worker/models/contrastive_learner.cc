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
#include "worker/losses/instance_discrimination.h"
#include "worker/losses/momentum_contrast.h"
#include "worker/losses/nt_xent.h"
#include "worker/models/backbone_file.h"
#include "worker/models/gather_rows.h"
#include "worker/models/gpus.h"
#include "worker/models/gradient_buckets.h"
#include "worker/models/image_encoder.h"
#include "worker/models/recycling_allocator.h"
#include "worker/models/torch_guard.h"

namespace shoal {
namespace {

std::vector<ParameterSegment> SegmentsOf(const ModelTensors& tensors) {
  std::vector<ParameterSegment> segments;
  for (const ModelTensor& parameter : tensors.parameters()) {
    segments.push_back({parameter.offset, parameter.size, parameter.decays});
  }
  return segments;
}

absl::Status CheckGroup(const WorkerGroup& group) {
  if (group.size < 1 || group.rank < 0 || group.rank >= group.size) {
    return InvalidArgument("worker group: rank ", group.rank, " of ", group.size, " workers");
  }
  if (group.size > 1 && !(group.sum && group.gather && group.begin_gradients && group.finish_gradients)) {
    return InvalidArgument("worker group: ", group.size, " workers need all four functions to reach each other");
  }
  return absl::OkStatus();
}

class Learner : public ContrastiveLearner {
 public:
  Learner(const LearnerSettings& settings, WorkerGroup group)
      : settings_(settings),
        exchange_(std::move(group)),
        query_(settings.encoder, settings.precision, &exchange_, /*learns=*/true,
               PlaceOf(settings.device, settings.gpu)),
        optimizer_(settings.optimizer, SegmentsOf(query_.tensors())),
        buckets_(
            settings.bucket_bytes / sizeof(float),
            [this](std::span<float> bucket) { exchange_.BeginGradients(bucket); }, &query_.tensors()) {
    if (settings.method == ContrastiveMethod::kMoco) {
      key_ = std::make_unique<ImageEncoder>(settings.encoder, settings.precision, &exchange_, /*learns=*/false,
                                            PlaceOf(settings.device, settings.gpu));
    }
  }

  absl::StatusOr<StepResult> Step(const StepInput& input) override;
  absl::Status Features(std::span<const float> pictures, std::span<float> features) override {
    return ReadFeatures(&query_, settings_.image_size, pictures, features);
  }
  absl::Status ExportBackbone(const std::string& path, const PictureNormalisation& normalisation) const override;

  int64_t features() const override { return query_.features(); }
  int64_t dim() const override { return query_.dim(); }
  uint64_t steps() const override { return steps_; }
  std::span<float> QueryParameters() override { return query_.tensors().parameter_floats(); }
  std::span<float> KeyParameters() override {
    return key_ == nullptr ? std::span<float>() : key_->tensors().parameter_floats();
  }
  std::span<float> RunningStatistics() override { return query_.tensors().buffer_floats(); }
  std::span<float> KeyRunningStatistics() override {
    return key_ == nullptr ? std::span<float>() : key_->tensors().buffer_floats();
  }

  size_t StateFloats() const override;
  std::string StateLayout() const override;
  absl::Status SaveState(std::span<float> state) const override;
  absl::Status LoadState(std::span<const float> state) override;

 private:
  // The steps, and the normaliser in one float.
  static constexpr size_t kOtherFloats = kFloatsOfCount + 1;

  size_t PictureFloats() const { return size_t{3} * settings_.image_size * settings_.image_size; }
  bool TakesTwoViews() const {
    return settings_.method == ContrastiveMethod::kSimClr || settings_.method == ContrastiveMethod::kMoco;
  }
  absl::Status CheckViews(const StepInput& input) const;
  absl::Status CheckRows(const StepInput& input) const;

  // What a step is given, on the learner's device: the same memory where that is the CPU.
  at::Tensor AsPictures(std::span<const float> floats) const {
    return PicturesOn(floats, settings_.image_size).to(query_.device());
  }
  // The first views, then the second, as one batch.
  at::Tensor BothViews(const StepInput& input);
  // [rows, dim]
  at::Tensor AsRows(std::span<const float> floats) const {
    return at::from_blob(const_cast<float*>(floats.data()), {static_cast<int64_t>(floats.size()) / dim(), dim()},
                         at::TensorOptions(at::kFloat))
        .to(query_.device());
  }
  // Between the spans, which count, and the tensors, which a step computes with and changes.
  void SendTensors() const;
  void FetchTensors();

  // The loss of a step, with what its result says of it.
  at::Tensor Loss(const StepInput& input, StepResult* result);
  at::Tensor SimClr(const StepInput& input, StepResult* result);
  at::Tensor Moco(const StepInput& input, StepResult* result);
  at::Tensor InstanceSoftmax(const StepInput& input, StepResult* result);
  at::Tensor InstanceNce(const StepInput& input, StepResult* result);
  double MoveNormaliser(const at::Tensor& embeddings, const at::Tensor& negatives);
  void Report(const ContrastiveLoss& loss, const at::Tensor& embeddings, StepResult* result);

  const LearnerSettings settings_;
  GroupExchange exchange_;
  ImageEncoder query_;
  std::unique_ptr<ImageEncoder> key_;  // Of kMoco.
  DenseOptimizer optimizer_;
  GradientBuckets buckets_;
  std::vector<float> both_views_;
  at::Tensor embeddings_;  // Of the last step.
  float normaliser_ = 0;   // Of kInstanceNce.
  uint64_t steps_ = 0;
};

absl::StatusOr<StepResult> Learner::Step(const StepInput& input) {
  RETURN_IF_ERROR(exchange_.status());
  RETURN_IF_ERROR(CheckViews(input));
  RETURN_IF_ERROR(CheckRows(input));
  StepResult result;
  const absl::Status passes = TorchGuard("a training step", [&]() -> absl::Status {
    SendTensors();
    const at::Tensor loss = Loss(input, &result);
    buckets_.Begin();
    loss.backward();
    buckets_.Finish();
    return absl::OkStatus();
  });
  // However the passes ended: no sum of gradients goes on behind the step.
  exchange_.FinishGradients();
  RETURN_IF_ERROR(passes);
  RETURN_IF_ERROR(exchange_.status());
  RETURN_IF_ERROR(TorchGuard("what a step has computed", [&]() -> absl::Status {
    FetchTensors();
    return absl::OkStatus();
  }));
  result.gradient_norm = optimizer_.Step(query_.tensors().parameter_floats(), query_.tensors().gradient_floats(),
                                         1.0 / exchange_.size(), input.learning_rate);
  if (!std::isfinite(result.gradient_norm)) {
    return FailedPrecondition("the gradient of step ", steps_, " is not finite (this worker's loss is ", result.loss,
                              "); parameters are as they were. A lower learning rate or a longer warm-up may cure it");
  }
  ++steps_;
  return result;
}

void Learner::SendTensors() const {
  query_.tensors().Send();
  if (key_ != nullptr) key_->tensors().Send();
}

void Learner::FetchTensors() {
  query_.tensors().FetchGradients();
  query_.tensors().FetchBuffers();
  if (key_ != nullptr) key_->tensors().FetchBuffers();
}

absl::Status Learner::CheckViews(const StepInput& input) const {
  const size_t floats = input.first_views.size();
  if (floats == 0 || floats % PictureFloats() != 0) {
    return InvalidArgument("first_views: ", floats, " floats are not pictures of ", settings_.image_size, " x ",
                           settings_.image_size, " x 3 = ", PictureFloats(), " floats each");
  }
  if (input.second_views.size() != (TakesTwoViews() ? floats : 0)) {
    return InvalidArgument("second_views: ", input.second_views.size(), " floats, expected ",
                           TakesTwoViews() ? floats : 0);
  }
  const size_t batch = floats / PictureFloats(), parts = settings_.encoder.batch_norm_parts;
  if (batch > static_cast<size_t>(settings_.max_batch)) {
    return InvalidArgument("first_views: ", batch, " pictures, more than the limit of ", settings_.max_batch,
                           " a step");
  }
  if (batch % parts != 0) {
    return InvalidArgument("first_views: ", batch, " pictures do not divide into ", parts,
                           " parts of batch normalisation");
  }
  return absl::OkStatus();
}

absl::Status Learner::CheckRows(const StepInput& input) const {
  const size_t batch = input.first_views.size() / PictureFloats(), dim = query_.dim();
  const size_t floats = input.candidates.size();
  const bool has_candidates = settings_.method != ContrastiveMethod::kSimClr;
  if (has_candidates ? floats == 0 || floats % dim != 0 : floats != 0) {
    return InvalidArgument("candidates: ", floats, " floats, expected ",
                           has_candidates ? Cat("rows of ", dim, ", one at least") : "none");
  }
  const size_t rows = settings_.method == ContrastiveMethod::kInstanceSoftmax ? batch : 0;
  if (input.places.size() != rows) {
    return InvalidArgument("places: ", input.places.size(), " numbers, expected ", rows);
  }
  for (const int64_t row : input.places) {
    if (row < 0 || row >= static_cast<int64_t>(floats / dim)) {
      return InvalidArgument("places: row ", row, " of a bank of ", floats / dim);
    }
  }
  const size_t positives = settings_.method == ContrastiveMethod::kInstanceNce ? batch * dim : 0;
  if (input.positives.size() != positives) {
    return InvalidArgument("positives: ", input.positives.size(), " floats, expected ", positives);
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

at::Tensor Learner::Loss(const StepInput& input, StepResult* result) {
  switch (settings_.method) {
    case ContrastiveMethod::kSimClr:
      return SimClr(input, result);
    case ContrastiveMethod::kMoco:
      return Moco(input, result);
    case ContrastiveMethod::kInstanceSoftmax:
      return InstanceSoftmax(input, result);
    case ContrastiveMethod::kInstanceNce:
      break;
  }
  return InstanceNce(input, result);
}

at::Tensor Learner::SimClr(const StepInput& input, StepResult* result) {
  const at::Tensor anchors = query_.Embed(BothViews(input));
  const at::Tensor all = GatherRows(anchors, &exchange_);
  const ContrastiveLoss loss = NtXentLoss(anchors, all, exchange_.rank() * anchors.size(0), settings_.temperature);
  Report(loss, anchors, result);
  return loss.loss;
}

at::Tensor Learner::Moco(const StepInput& input, StepResult* result) {
  const at::Tensor pictures = settings_.symmetric ? BothViews(input) : at::Tensor();
  const auto keys_of = [&] {
    const at::NoGradGuard no_gradient;
    // A view's positive is the other view.
    return settings_.symmetric ? key_->Embed(pictures).roll(pictures.size(0) / 2, 0)
                               : key_->Embed(AsPictures(input.second_views));
  };
  const at::Tensor keys = keys_of();
  const at::Tensor queries = query_.Embed(settings_.symmetric ? pictures : AsPictures(input.first_views));
  const ContrastiveLoss loss = MomentumContrastLoss(queries, keys, AsRows(input.candidates), settings_.temperature);
  Report(loss, keys, result);
  return loss.loss;
}

at::Tensor Learner::InstanceSoftmax(const StepInput& input, StepResult* result) {
  const at::Tensor embeddings = query_.Embed(AsPictures(input.first_views));
  const at::Tensor rows = at::from_blob(const_cast<int64_t*>(input.places.data()),
                                        {static_cast<int64_t>(input.places.size())}, at::TensorOptions(at::kLong))
                              .to(query_.device());
  const ContrastiveLoss loss = InstanceSoftmaxLoss(embeddings, AsRows(input.candidates), rows, settings_.temperature);
  Report(loss, embeddings, result);
  return loss.loss;
}

at::Tensor Learner::InstanceNce(const StepInput& input, StepResult* result) {
  const at::Tensor embeddings = query_.Embed(AsPictures(input.first_views));
  const at::Tensor negatives = AsRows(input.candidates);
  const double normaliser = MoveNormaliser(embeddings, negatives);
  const ContrastiveLoss loss =
      InstanceNceLoss(embeddings, AsRows(input.positives), negatives, static_cast<double>(settings_.bank_rows),
                      normaliser, settings_.temperature);
  Report(loss, embeddings, result);
  return loss.loss;
}

// The mean of all workers' estimates of the first batches.
double Learner::MoveNormaliser(const at::Tensor& embeddings, const at::Tensor& negatives) {
  if (steps_ < static_cast<uint64_t>(settings_.normaliser_batches)) {
    float estimate = static_cast<float>(
        EstimateNormaliser(embeddings, negatives, static_cast<double>(settings_.bank_rows), settings_.temperature));
    exchange_.Sum({&estimate, 1});
    estimate /= static_cast<float>(exchange_.size());
    normaliser_ += (estimate - normaliser_) / static_cast<float>(steps_ + 1);
  }
  return normaliser_;
}

void Learner::Report(const ContrastiveLoss& loss, const at::Tensor& embeddings, StepResult* result) {
  const at::NoGradGuard no_gradient;
  result->loss = loss.loss.item<double>();
  result->positive_similarity = loss.positive_similarity;
  result->negative_similarity = loss.negative_similarity;
  result->accuracy = loss.accuracy;
  embeddings_ = embeddings.detach().cpu().contiguous();
  result->spread = embeddings_.std(0, /*unbiased=*/false).mean().item<double>() * std::sqrt(embeddings_.size(1));
  result->embeddings = {embeddings_.const_data_ptr<float>(), static_cast<size_t>(embeddings_.numel())};
}

size_t Learner::StateFloats() const {
  const ModelTensors& query = query_.tensors();
  const size_t encoder = query.parameter_floats().size() + query.buffer_floats().size();
  return (key_ == nullptr ? 1 : 2) * encoder + optimizer_.StateFloats() + kOtherFloats;
}

std::string Learner::StateLayout() const {
  std::string layout = query_.tensors().Layout();
  if (key_ != nullptr) layout += Cat("key encoder\n", key_->tensors().Layout());
  return Cat(layout, "optimizer ", static_cast<int>(settings_.optimizer.kind), " ", optimizer_.StateFloats(),
             "\nsteps 2\nnormaliser 1\n");
}

// The order of a state: parameters and running statistics of the query encoder and of the key encoder, the optimizer's,
// the steps, the normaliser.
absl::Status Learner::SaveState(std::span<float> state) const {
  if (state.size() != StateFloats()) {
    return InvalidArgument("state: ", state.size(), " floats to save into, expected ", StateFloats());
  }
  auto at = state.begin();
  const auto put = [&at](std::span<const float> floats) { at = std::ranges::copy(floats, at).out; };
  for (const ImageEncoder* encoder : {&query_, static_cast<const ImageEncoder*>(key_.get())}) {
    if (encoder == nullptr) continue;
    put(encoder->tensors().parameter_floats());
    put(encoder->tensors().buffer_floats());
  }
  optimizer_.SaveState({at, optimizer_.StateFloats()});
  at += optimizer_.StateFloats();
  float others[kOtherFloats];
  PutCount(steps_, std::span(others).first<kFloatsOfCount>());
  others[kFloatsOfCount] = normaliser_;
  put(others);
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
  for (ImageEncoder* encoder : {&query_, key_.get()}) {
    if (encoder == nullptr) continue;
    for (const std::span<float> into : {encoder->tensors().parameter_floats(), encoder->tensors().buffer_floats()}) {
      std::ranges::copy(take(into.size()), into.begin());
    }
  }
  optimizer_.LoadState(take(optimizer_.StateFloats()));
  const std::span<const float> others = take(kOtherFloats);
  steps_ = TakeCount(others.first<kFloatsOfCount>());
  normaliser_ = others[kFloatsOfCount];
  return absl::OkStatus();
}

absl::Status Learner::ExportBackbone(const std::string& path, const PictureNormalisation& normalisation) const {
  const BackboneDescription description{settings_.encoder.architecture, settings_.encoder.stem, settings_.image_size,
                                        normalisation};
  return TorchGuard(Cat("exporting ", path), [&] {
    query_.tensors().Send();
    return WriteBackbone(path, description, query_.tensors());
  });
}

}  // namespace

absl::StatusOr<std::unique_ptr<ContrastiveLearner>> ContrastiveLearner::Create(const LearnerSettings& settings,
                                                                               WorkerGroup group) {
  RETURN_IF_ERROR(CheckSettings(settings));
  RETURN_IF_ERROR(CheckGroup(group));
  if (settings.device == Device::kCuda) {
    RETURN_IF_ERROR(CheckGpu(settings.gpu)) << "device is CUDA";
  }
  return TorchGuard("making an image encoder", [&]() -> absl::StatusOr<std::unique_ptr<ContrastiveLearner>> {
    RecycleTensorMemory();
    at::set_num_threads(settings.threads);
    return std::make_unique<Learner>(settings, std::move(group));
  });
}

}  // namespace shoal
