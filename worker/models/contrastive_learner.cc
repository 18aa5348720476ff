#include "worker/models/contrastive_learner.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/Tensor.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/stack.h>
#include <c10/core/DeviceGuard.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "common/status.h"
#include "worker/augment/host_values.h"
#include "worker/losses/instance_discrimination.h"
#include "worker/losses/momentum_contrast.h"
#include "worker/losses/nt_xent.h"
#include "worker/models/backbone_file.h"
#include "worker/models/candidate_rows.h"
#include "worker/models/gather_rows.h"
#include "worker/models/gpus.h"
#include "worker/models/gradient_buckets.h"
#include "worker/models/image_encoder.h"
#include "worker/models/model_optimizer.h"
#include "worker/models/recycling_allocator.h"
#include "worker/models/step_views.h"
#include "worker/models/torch_guard.h"

namespace shoal {
namespace {

absl::Status CheckGroup(const WorkerGroup& group) {
  if (group.size < 1 || group.rank < 0 || group.rank >= group.size) {
    return InvalidArgument("worker group: rank ", group.rank, " of ", group.size, " workers");
  }
  if (group.size > 1 && !(group.sum && group.gather && group.begin_gradients && group.finish_gradients)) {
    return InvalidArgument("worker group: ", group.size, " workers need all four functions to reach each other");
  }
  return absl::OkStatus();
}

// The encoder as it takes one part of a step's pictures.
EncoderSettings OfAPart(const LearnerSettings& settings) {
  EncoderSettings encoder = settings.encoder;
  if (encoder.batch_norm == BatchNormKind::kSplit) encoder.batch_norm_parts /= settings.accumulation_steps;
  return encoder;
}

// What a guard takes where memory is pinned: CUDA sees it from the thread's GPU, which is number 0 at first, and takes
// a share of that one's memory too.
std::optional<at::Device> GpuOf(const at::Device& device) {
  return device.is_cuda() ? std::optional(device) : std::nullopt;
}

class Learner : public ContrastiveLearner {
 public:
  Learner(const LearnerSettings& settings, WorkerGroup group)
      : settings_(settings),
        exchange_(std::move(group)),
        query_(OfAPart(settings), settings.precision, &exchange_, /*learns=*/true,
               PlaceOf(settings.device, settings.gpu)),
        optimizer_(ModelOptimizer::Create(settings.optimizer, &query_.tensors())),
        buckets_(
            settings.bucket_bytes / sizeof(float),
            [this](std::span<float> bucket) { exchange_.BeginGradients(bucket); }, &query_.tensors()),
        views_(settings, query_.device()),
        candidate_rows_(PlaceOf(settings.device, settings.gpu), query_.dim()) {
    if (settings.method == ContrastiveMethod::kMoco) {
      key_ = std::make_unique<ImageEncoder>(OfAPart(settings), settings.precision, &exchange_, /*learns=*/false,
                                            PlaceOf(settings.device, settings.gpu));
    }
  }

  absl::StatusOr<StepResult> Step(const StepInput& input) override;
  std::shared_ptr<uint8_t[]> ViewMemory(size_t bytes) override;
  absl::Status Features(std::span<const float> pictures, std::span<float> features) override {
    return ReadFeatures(&query_, settings_.image_size, pictures, features);
  }
  absl::Status ExportBackbone(const std::string& path, const PictureNormalisation& normalisation) const override;

  int64_t features() const override { return query_.features(); }
  int64_t dim() const override { return query_.dim(); }
  uint64_t steps() const override { return steps_; }
  std::span<const float> QueryParameters() const override { return query_.tensors().parameter_floats(); }
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

  int parts() const { return settings_.accumulation_steps; }
  StepForm form() const { return {settings_, static_cast<size_t>(dim()), static_cast<size_t>(exchange_.size())}; }
  // Of the batch's statistics, when the running ones move after part `part`: after all parts they have moved once, by
  // the mean of the parts.
  double RunningShare(int part) const;

  // What was written to spans is in the tensors then.
  void SendTensors() const;
  // The spans are behind where tensors lie apart.
  void TensorsChanged();

  // What the parts' losses need of the whole step.
  absl::Status Prepare(const StepInput& input);
  // The keys of both views' queries, or of the first views' only: [views, batch, dim].
  at::Tensor Keys(const StepInput& input);
  // From this worker's keys in their shuffled order, those of its queries: [batch, dim] both.
  at::Tensor InOrder(const at::Tensor& keys, std::span<const uint32_t> key_places);
  void MoveNormaliser();
  // The loss of a part, whose input `of` is.
  ContrastiveLoss Loss(const StepInput& of, int part);
  ContrastiveLoss SimClr(int part);
  ContrastiveLoss Moco(int part);
  at::Tensor Embeddings(int part);
  void Report(StepResult* result);

  const LearnerSettings settings_;
  GroupExchange exchange_;
  ImageEncoder query_;
  std::unique_ptr<ImageEncoder> key_;  // Of kMoco.
  std::unique_ptr<ModelOptimizer> optimizer_;
  GradientBuckets buckets_;
  StepViews views_;
  CandidateRows candidate_rows_;
  at::Tensor keys_;                          // Of kMoco, of the last step: [views, batch, dim].
  at::Tensor candidates_;                    // Of the step under way.
  std::vector<at::Tensor> seen_;             // [4] of each of its parts: the figures of a ContrastiveLoss.
  std::vector<at::Tensor> part_embeddings_;  // Of other methods, of the parts so far.
  at::Tensor embeddings_;                    // Of the last step.
  float normaliser_ = 0;                     // Of kInstanceNce.
  uint64_t steps_ = 0;
};

absl::StatusOr<StepResult> Learner::Step(const StepInput& input) {
  RETURN_IF_ERROR(exchange_.status());
  RETURN_IF_ERROR(form().Check(input));
  StepResult result;
  const absl::Status passes = TorchGuard("a training step", [&]() -> absl::Status {
    SendTensors();
    RETURN_IF_ERROR(Prepare(input));
    buckets_.Begin(parts());
    for (int part = 0; part < parts(); ++part) {
      const ContrastiveLoss loss = Loss(form().PartOf(input, part), part);
      (loss.loss / parts()).backward();
      seen_.push_back(
          at::stack({loss.loss.detach(), loss.positive_similarity, loss.negative_similarity, loss.accuracy}));
    }
    buckets_.Finish();
    Report(&result);
    return absl::OkStatus();
  });
  // However the passes ended: no sum of gradients goes on behind the step.
  exchange_.FinishGradients();
  RETURN_IF_ERROR(passes);
  RETURN_IF_ERROR(exchange_.status());
  RETURN_IF_ERROR(TorchGuard("an optimizer's step", [&]() -> absl::Status {
    result.gradient_norm = optimizer_->Step(1.0 / exchange_.size(), input.learning_rate);
    TensorsChanged();
    if (input.parameters_are_read) std::as_const(query_).tensors().parameter_floats();
    return absl::OkStatus();
  }));
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

void Learner::TensorsChanged() {
  query_.tensors().BuffersChanged();
  if (key_ != nullptr) key_->tensors().BuffersChanged();
}

double Learner::RunningShare(int part) const {
  const double of_a_part = kBatchNormMomentum / parts();
  return of_a_part / (1 - kBatchNormMomentum + of_a_part * (part + 1));
}

std::shared_ptr<uint8_t[]> Learner::ViewMemory(size_t bytes) {
  std::shared_ptr<uint8_t[]> memory;
  const absl::Status status = TorchGuard("memory for views", [&]() -> absl::Status {
    const c10::OptionalDeviceGuard on_gpu(GpuOf(query_.device()));
    const auto options = at::TensorOptions(at::kByte).pinned_memory(query_.device().is_cuda());
    const at::Tensor tensor = at::empty({static_cast<int64_t>(bytes)}, options);
    memory = {tensor.mutable_data_ptr<uint8_t>(), [tensor](uint8_t*) {}};
    return absl::OkStatus();
  });
  // Any memory is right, if slower.
  return status.ok() ? memory : std::make_shared_for_overwrite<uint8_t[]>(bytes);
}

absl::Status Learner::Prepare(const StepInput& input) {
  RETURN_IF_ERROR(views_.Begin(input));
  part_embeddings_.clear();
  seen_.clear();
  if (!input.candidates.empty()) candidates_ = candidate_rows_.Take(input.candidates, input.changed_candidates);
  if (settings_.method == ContrastiveMethod::kMoco) keys_ = Keys(input);
  if (settings_.method == ContrastiveMethod::kInstanceNce) MoveNormaliser();
  return absl::OkStatus();
}

ContrastiveLoss Learner::Loss(const StepInput& of, int part) {
  if (settings_.method == ContrastiveMethod::kMoco) return Moco(part);
  if (settings_.method == ContrastiveMethod::kSimClr) return SimClr(part);
  const at::Tensor embeddings = Embeddings(part);
  if (settings_.method == ContrastiveMethod::kInstanceSoftmax) {
    return InstanceSoftmaxLoss(embeddings, candidates_, OnDevice(of.places, {-1}, query_.device()),
                               settings_.temperature);
  }
  return InstanceNceLoss(embeddings, OnDevice(of.positives, {-1, dim()}, query_.device()), candidates_,
                         static_cast<double>(settings_.bank_rows), normaliser_, settings_.temperature);
}

// Of the first views, or with SimCLR of both.
at::Tensor Learner::Embeddings(int part) {
  const bool both = settings_.method == ContrastiveMethod::kSimClr;
  const at::Tensor embeddings = query_.Embed(both ? views_.Both(part) : views_.First(part), RunningShare(part));
  part_embeddings_.push_back(embeddings.detach());
  return embeddings;
}

ContrastiveLoss Learner::SimClr(int part) {
  const at::Tensor anchors = Embeddings(part);
  const at::Tensor all = GatherRows(anchors, &exchange_);
  return NtXentLoss(anchors, all, exchange_.rank() * anchors.size(0), settings_.temperature);
}

at::Tensor Learner::Keys(const StepInput& input) {
  const at::NoGradGuard no_gradient;
  std::vector<at::Tensor> keys;
  for (int part = 0; part < parts(); ++part) {
    const at::Tensor rows =
        key_->Embed(settings_.symmetric ? views_.Both(part) : views_.Second(part), RunningShare(part));
    keys.push_back(rows.view({settings_.symmetric ? 2 : 1, -1, dim()}));
  }
  if (!input.key_places.empty()) return InOrder(at::cat(keys, 1)[0], input.key_places).unsqueeze(0);
  // A view's positive is the other view.
  return at::cat(keys, 1).flip(/*dims=*/int64_t{0});
}

at::Tensor Learner::InOrder(const at::Tensor& keys, std::span<const uint32_t> key_places) {
  const int64_t count = keys.size(0), first = exchange_.rank() * count;
  const at::Tensor rows = at::empty({count}, at::TensorOptions(at::kLong));
  for (size_t i = 0; i < key_places.size(); ++i) {
    const int64_t place = key_places[i] - first;
    if (place >= 0 && place < count) rows.mutable_data_ptr<int64_t>()[place] = static_cast<int64_t>(i);
  }
  return GatherRows(keys, &exchange_).index_select(0, rows.to(keys.device()));
}

ContrastiveLoss Learner::Moco(int part) {
  const at::Tensor pictures = settings_.symmetric ? views_.Both(part) : views_.First(part);
  const at::Tensor queries = query_.Embed(pictures, RunningShare(part));
  const int64_t count = keys_.size(1) / parts();
  const at::Tensor keys = keys_.narrow(1, part * count, count).reshape({-1, dim()});
  return MomentumContrastLoss(queries, keys, candidates_, settings_.temperature);
}

// The mean of all workers' estimates of the first batches. An estimate is of the whole batch, which the parts' losses
// all are divided by: so it takes a pass of its own.
void Learner::MoveNormaliser() {
  if (steps_ >= static_cast<uint64_t>(settings_.normaliser_batches)) return;
  const at::NoGradGuard no_gradient;
  float estimate = 0;
  for (int part = 0; part < parts(); ++part) {
    const at::Tensor embeddings = query_.Embed(views_.First(part), /*running_share=*/0);
    estimate += static_cast<float>(
        EstimateNormaliser(embeddings, candidates_, static_cast<double>(settings_.bank_rows), settings_.temperature) /
        parts());
  }
  exchange_.Sum({&estimate, 1});
  estimate /= static_cast<float>(exchange_.size());
  normaliser_ += (estimate - normaliser_) / static_cast<float>(steps_ + 1);
}

void Learner::Report(StepResult* result) {
  embeddings_ = (keys_.defined() ? keys_.reshape({-1, dim()}) : at::cat(part_embeddings_, 0)).cpu();
  part_embeddings_.clear();
  candidates_ = at::Tensor();
  // Means over the parts, which are of as many anchors each.
  const at::Tensor seen = at::stack(seen_).to(at::kCPU, at::kDouble).mean(0);
  const double* const figures = seen.const_data_ptr<double>();
  result->loss = figures[0];
  result->positive_similarity = figures[1];
  result->negative_similarity = figures[2];
  result->accuracy = figures[3];
  result->spread = embeddings_.std(0, /*unbiased=*/false).mean().item<double>() * std::sqrt(embeddings_.size(1));
  result->embeddings = {embeddings_.const_data_ptr<float>(), static_cast<size_t>(embeddings_.numel())};
}

size_t Learner::StateFloats() const {
  const ModelTensors& query = query_.tensors();
  const size_t encoder = query.parameter_count() + query.buffer_count();
  return (key_ == nullptr ? 1 : 2) * encoder + optimizer_->StateFloats() + kOtherFloats;
}

std::string Learner::StateLayout() const {
  std::string layout = query_.tensors().Layout();
  if (key_ != nullptr) layout += Cat("key encoder\n", key_->tensors().Layout());
  return Cat(layout, "optimizer ", static_cast<int>(settings_.optimizer.kind), " ", optimizer_->StateFloats(),
             "\nsteps 2\nnormaliser 1\n");
}

// The order of a state: parameters and running statistics of the query encoder and of the key encoder, the optimizer's,
// the steps, the normaliser.
absl::Status Learner::SaveState(std::span<float> state) const {
  if (state.size() != StateFloats()) {
    return InvalidArgument("state: ", state.size(), " floats to save into, expected ", StateFloats());
  }
  const auto put = [&state](std::span<const float> floats) {
    std::ranges::copy(floats, state.begin());
    state = state.subspan(floats.size());
  };
  return TorchGuard("reading a learner's state", [&]() -> absl::Status {
    for (const ImageEncoder* encoder : {&query_, static_cast<const ImageEncoder*>(key_.get())}) {
      if (encoder == nullptr) continue;
      put(encoder->tensors().parameter_floats());
      put(encoder->tensors().buffer_floats());
    }
    optimizer_->SaveState(state.first(optimizer_->StateFloats()));
    state = state.subspan(optimizer_->StateFloats());
    float others[kOtherFloats];
    PutCount(steps_, std::span(others).first<kFloatsOfCount>());
    others[kFloatsOfCount] = normaliser_;
    put(others);
    return absl::OkStatus();
  });
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
  return TorchGuard("setting a learner's state", [&]() -> absl::Status {
    for (ImageEncoder* encoder : {&query_, key_.get()}) {
      if (encoder == nullptr) continue;
      for (const std::span<float> into : {encoder->tensors().parameter_floats(), encoder->tensors().buffer_floats()}) {
        std::ranges::copy(take(into.size()), into.begin());
      }
    }
    optimizer_->LoadState(take(optimizer_->StateFloats()));
    const std::span<const float> others = take(kOtherFloats);
    steps_ = TakeCount(others.first<kFloatsOfCount>());
    normaliser_ = others[kFloatsOfCount];
    return absl::OkStatus();
  });
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
    SetUpGpus();
  }
  return TorchGuard("making an image encoder", [&]() -> absl::StatusOr<std::unique_ptr<ContrastiveLearner>> {
    const TensorPlace place = PlaceOf(settings.device, settings.gpu);
    const c10::OptionalDeviceGuard on_gpu(GpuOf(place.device));
    RecycleTensorMemory();
    at::set_num_threads(settings.threads);
    return std::make_unique<Learner>(settings, std::move(group));
  });
}

}  // namespace shoal
