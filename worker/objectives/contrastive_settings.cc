#include "worker/objectives/contrastive_settings.h"

#include <algorithm>

#include "common/host.h"
#include "common/job/augmentation_settings.h"
#include "common/log.h"
#include "common/status.h"
#include "data/parallel.h"
#include "worker/collective/byte_exchange.h"
#include "worker/collective/nccl_collective.h"
#include "worker/models/gpus.h"

namespace shoal {
namespace {

Architecture ArchitectureOf(job::ImageEncoder::Net net) {
  switch (net) {
    case job::ImageEncoder::SMALL:
      return Architecture::kSmall;
    case job::ImageEncoder::RESNET18:
      return Architecture::kResNet18;
    case job::ImageEncoder::RESNET34:
      return Architecture::kResNet34;
    case job::ImageEncoder::RESNET50:
      return Architecture::kResNet50;
  }
  return Architecture::kSmall;
}

Stem StemOf(job::ImageEncoder::Stem stem, int view_size) {
  if (stem == job::ImageEncoder::BY_SIZE) return view_size < kSmallPictureSize ? Stem::kCifar : Stem::kImageNet;
  return stem == job::ImageEncoder::CIFAR ? Stem::kCifar : Stem::kImageNet;
}

BatchNormKind BatchNormOf(job::ImageEncoder::BatchNorm kind) {
  switch (kind) {
    case job::ImageEncoder::LOCAL:
      return BatchNormKind::kLocal;
    case job::ImageEncoder::SYNCHRONISED:
      return BatchNormKind::kSynchronised;
    case job::ImageEncoder::SPLIT:
      return BatchNormKind::kSplit;
  }
  return BatchNormKind::kLocal;
}

HeadKind HeadOf(job::ProjectionHead::Kind kind) {
  switch (kind) {
    case job::ProjectionHead::LINEAR:
      return HeadKind::kLinear;
    case job::ProjectionHead::MLP:
      return HeadKind::kMocoMlp;
    case job::ProjectionHead::NORMALISED_MLP:
      return HeadKind::kSimClrMlp;
  }
  return HeadKind::kLinear;
}

EncoderSettings EncoderOf(const job::Job& job, int view_size) {
  const job::ImageEncoder& encoder = job.encoder();
  return {.architecture = ArchitectureOf(encoder.net()),
          .stem = StemOf(encoder.stem(), view_size),
          .batch_norm = BatchNormOf(encoder.batch_norm()),
          .batch_norm_parts =
              encoder.batch_norm() == job::ImageEncoder::SPLIT ? static_cast<int>(encoder.batch_norm_parts()) : 1,
          .head = HeadOf(encoder.head().kind()),
          .head_hidden = encoder.head().hidden_dim(),
          .embedding_dim = encoder.head().dim(),
          .seed = job.seed()};
}

OptimizerKind KindOf(job::DenseOptimizer::Kind kind) {
  switch (kind) {
    case job::DenseOptimizer::SGD:
      return OptimizerKind::kSgd;
    case job::DenseOptimizer::ADAMW:
      return OptimizerKind::kAdamW;
    case job::DenseOptimizer::LARS:
      return OptimizerKind::kLars;
  }
  return OptimizerKind::kSgd;
}

OptimizerSettings OptimizerOf(const job::DenseOptimizer& optimizer) {
  return {.kind = KindOf(optimizer.kind()),
          .momentum = optimizer.momentum(),
          .nesterov = optimizer.nesterov(),
          .beta1 = optimizer.beta1(),
          .beta2 = optimizer.beta2(),
          .epsilon = optimizer.epsilon(),
          .weight_decay = optimizer.weight_decay(),
          .trust_coefficient = optimizer.trust_coefficient(),
          .clip_norm = optimizer.clip_norm()};
}

void SetMethod(const job::Objective& objective, LearnerSettings* settings) {
  if (objective.has_simclr()) {
    settings->method = ContrastiveMethod::kSimClr;
    settings->temperature = objective.simclr().temperature();
  } else if (objective.has_moco()) {
    settings->method = ContrastiveMethod::kMoco;
    settings->temperature = objective.moco().temperature();
    settings->symmetric = objective.moco().symmetric();
  } else {
    settings->method = objective.instance().loss() == job::InstanceDiscrimination::NCE
                           ? ContrastiveMethod::kInstanceNce
                           : ContrastiveMethod::kInstanceSoftmax;
    settings->temperature = objective.instance().temperature();
  }
}

bool IsOnThisHost(const wire::Member& member) { return member.role() == wire::WORKER && member.host_id() == HostId(); }

// By this worker's place among those of its host.
int GpuOf(const wire::Welcome& welcome) {
  return static_cast<int>(std::ranges::count_if(welcome.member(), [&](const wire::Member& member) {
    return IsOnThisHost(member) && member.index() < welcome.index();
  }));
}

// What hinders this worker, one of so many, from computing on its GPU; empty: nothing.
std::string TroubleWith(int gpu, int workers) {
  const absl::Status usable = CheckGpu(gpu);
  if (!usable.ok()) return std::string(ToStd(usable.message()));
  if (workers == 1 || BuildHasNccl()) return "";
  return "this build has no NCCL, by which workers on GPUs sum their gradients";
}

// With ANY. `troubles` are all workers'.
void TellDevice(const std::vector<std::string>& troubles, bool quiet) {
  const auto first = std::ranges::find_if_not(troubles, &std::string::empty);
  const auto able = std::ranges::count(troubles, "");
  if (first != troubles.end() && able > 0) {
    LogWarning(able, " of ", troubles.size(), " workers could compute on a GPU, but all do on the CPU, as worker ",
               first - troubles.begin(), " could not: ", *first);
  } else if (!quiet) {
    LogInfo("the encoder is computed on ", able > 0 ? "GPUs" : "the CPU", " (encoder.device ANY)");
  }
}

}  // namespace

absl::StatusOr<LearnerPlace> LearnerPlaceOf(const wire::Welcome& welcome, Collective* workers) {
  const job::Job& job = welcome.job();
  const job::ImageEncoder::Device wanted = job.encoder().device();
  const LearnerPlace place{Device::kCuda, GpuOf(welcome)};
  if (wanted == job::ImageEncoder::CUDA) {
    RETURN_IF_ERROR(CheckGpu(place.gpu)) << "encoder.device is CUDA";
    return place;
  }
  // What a GPU's operators sum is not summed in one order each time.
  if (wanted == job::ImageEncoder::CPU || job.determinism() == job::Job::STRICT) return LearnerPlace();
  ASSIGN_OR_RETURN(const std::vector<std::string> troubles,
                   GatherBytes(workers, TroubleWith(place.gpu, workers->size()), kMostTroubleBytes));
  if (workers->rank() == 0) TellDevice(troubles, job.progress().quiet());
  return std::ranges::all_of(troubles, &std::string::empty) ? place : LearnerPlace();
}

absl::StatusOr<Precision> PrecisionOf(const job::Job& job, const LearnerPlace& place, Collective* workers) {
  const auto wanted = job.encoder().precision();
  if (wanted == job::ImageEncoder::FP32 || job.determinism() == job::Job::STRICT) return Precision::kFloat32;
  const bool on_gpu = place.device == Device::kCuda;
  const bool quick = on_gpu ? GpuIsQuickWithBfloat16(place.gpu) : CpuIsQuickWithBfloat16();
  ASSIGN_OR_RETURN(const std::vector<std::string> slow_hosts,
                   GatherBytes(workers, quick ? "" : HostName(), kMostTroubleBytes));
  const auto slow = std::ranges::find_if_not(slow_hosts, &std::string::empty);
  if (slow == slow_hosts.end()) return Precision::kBfloat16;
  if (wanted == job::ImageEncoder::AUTO) return Precision::kFloat32;
  return FailedPrecondition(
      "encoder.precision is BF16, but the ", on_gpu ? "GPU" : "processor", " of worker ", slow - slow_hosts.begin(),
      " on host ", *slow,
      on_gpu ? " has no instructions for it (it is older than Ampere)" : " has no instructions for it (amx_bf16)",
      ", and would be slower than with FP32; use AUTO");
}

LearnerSettings LearnerSettingsOf(const job::Job& job, uint64_t pictures, int view_size, int threads,
                                  const LearnerPlace& place) {
  LearnerSettings settings{.encoder = EncoderOf(job, view_size),
                           .bank_rows = static_cast<int64_t>(pictures),
                           .optimizer = OptimizerOf(job.encoder().optimizer()),
                           .image_size = view_size,
                           .accumulation_steps = static_cast<int>(job.encoder().accumulation_steps()),
                           .threads = threads,
                           .device = place.device,
                           .gpu = place.gpu};
  SetMethod(job.objective(), &settings);
  return settings;
}

LearningRateSettings ScheduleOf(const job::DenseOptimizer& optimizer) {
  LearningRateSettings settings{.kind = ScheduleKind::kCosine,
                                .peak = optimizer.learning_rate(),
                                .warmup_epochs = optimizer.warmup_epochs(),
                                .milestones = {optimizer.step_epochs().begin(), optimizer.step_epochs().end()},
                                .factor = optimizer.step_factor()};
  if (optimizer.schedule() == job::DenseOptimizer::CONSTANT) settings.kind = ScheduleKind::kConstant;
  if (optimizer.schedule() == job::DenseOptimizer::STEP) settings.kind = ScheduleKind::kStep;
  return settings;
}

uint32_t CoresOfAWorker(const wire::Welcome& welcome) {
  const auto workers = static_cast<uint32_t>(std::ranges::count_if(welcome.member(), &IsOnThisHost));
  return std::max<uint32_t>(1, ThreadsToUse(0) / std::max<uint32_t>(1, workers));
}

int ComputingThreads(const wire::Welcome& welcome) {
  const uint32_t wanted = welcome.job().encoder().threads();
  if (wanted > 0) return static_cast<int>(wanted);
  return welcome.job().determinism() == job::Job::STRICT ? 1 : static_cast<int>(CoresOfAWorker(welcome));
}

}  // namespace shoal
