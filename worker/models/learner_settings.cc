#include "worker/models/learner_settings.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

#include <string_view>

#include "common/job/augmentation_settings.h"
#include "common/status.h"

namespace shoal {
namespace {

constexpr int64_t kMaxWidth = 65536, kMaxBatch = 1 << 20;
constexpr int kMaxThreads = 1024;

template <typename Number>
absl::Status CheckRange(std::string_view name, Number value, Number least, Number most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return InvalidArgument(name, " is ", value, ", not in ", least, "..", most);
}

// 0 < value, which NaN is not.
absl::Status CheckPositive(std::string_view name, double value) {
  return value > 0 ? absl::OkStatus() : InvalidArgument(name, " is ", value, ", not above 0");
}
absl::Status CheckFraction(std::string_view name, double value) {
  return value >= 0 && value < 1 ? absl::OkStatus() : InvalidArgument(name, " is ", value, ", not in [0, 1)");
}

absl::Status CheckOptimizer(const OptimizerSettings& settings) {
  RETURN_IF_ERROR(CheckFraction("optimizer.momentum", settings.momentum));
  RETURN_IF_ERROR(CheckFraction("optimizer.beta1", settings.beta1));
  RETURN_IF_ERROR(CheckFraction("optimizer.beta2", settings.beta2));
  RETURN_IF_ERROR(CheckPositive("optimizer.epsilon", settings.epsilon));
  RETURN_IF_ERROR(CheckPositive("optimizer.trust_coefficient", settings.trust_coefficient));
  if (!(settings.weight_decay >= 0)) {
    return InvalidArgument("optimizer.weight_decay is ", settings.weight_decay, ", not 0 or above");
  }
  if (!(settings.clip_norm >= 0)) {
    return InvalidArgument("optimizer.clip_norm is ", settings.clip_norm, ", not 0 (none) or above");
  }
  return absl::OkStatus();
}

absl::Status CheckEncoder(const EncoderSettings& settings) {
  RETURN_IF_ERROR(CheckRange<int64_t>("encoder.embedding_dim", settings.embedding_dim, 1, kMaxWidth));
  RETURN_IF_ERROR(CheckRange<int64_t>("encoder.head_hidden", settings.head_hidden, 0, kMaxWidth));
  RETURN_IF_ERROR(CheckRange<int>("encoder.batch_norm_parts", settings.batch_norm_parts, 1, 1024));
  if (settings.batch_norm != BatchNormKind::kSplit && settings.batch_norm_parts != 1) {
    return InvalidArgument("encoder.batch_norm_parts is ", settings.batch_norm_parts,
                           ", but the batch norm is not split; use 1, or split it");
  }
  return absl::OkStatus();
}

absl::Status CheckAccumulation(const LearnerSettings& settings) {
  const int steps = settings.accumulation_steps;
  RETURN_IF_ERROR(CheckRange<int64_t>("accumulation_steps", steps, 1, settings.max_batch));
  if (steps > 1 && settings.method == ContrastiveMethod::kSimClr) {
    return InvalidArgument("accumulation_steps is ", steps,
                           ", but SimCLR's negatives are the batch; parts of it would have another loss");
  }
  if (settings.encoder.batch_norm == BatchNormKind::kSplit && settings.encoder.batch_norm_parts % steps != 0) {
    return InvalidArgument("accumulation_steps is ", steps, ", which does not divide encoder.batch_norm_parts, ",
                           settings.encoder.batch_norm_parts);
  }
  return absl::OkStatus();
}

}  // namespace

bool CpuIsQuickWithBfloat16() {
#if defined(__x86_64__)
  constexpr unsigned kAmxBfloat16 = 1u << 22;
  unsigned a = 0, b = 0, c = 0, d = 0;
  return __get_cpuid_count(7, 0, &a, &b, &c, &d) != 0 && (d & kAmxBfloat16) != 0;
#else
  return false;
#endif
}

absl::Status CheckSettings(const LearnerSettings& settings) {
  RETURN_IF_ERROR(CheckEncoder(settings.encoder));
  RETURN_IF_ERROR(CheckOptimizer(settings.optimizer));
  RETURN_IF_ERROR(CheckPositive("temperature", settings.temperature));
  RETURN_IF_ERROR(
      CheckRange<int64_t>("image_size", settings.image_size, kSmallestEncodedSize, AugmentationSettings::kMaxSize));
  RETURN_IF_ERROR(CheckRange<int64_t>("max_batch", settings.max_batch, 1, kMaxBatch));
  RETURN_IF_ERROR(CheckRange<int>("threads", settings.threads, 1, kMaxThreads));
  RETURN_IF_ERROR(CheckAccumulation(settings));
  if (settings.symmetric && settings.method != ContrastiveMethod::kMoco) {
    return InvalidArgument("symmetric is set, but the method has no keys; it is for MoCo");
  }
  if (settings.method == ContrastiveMethod::kInstanceNce) {
    RETURN_IF_ERROR(CheckRange<int64_t>("bank_rows", settings.bank_rows, 1, int64_t{1} << 40));
    RETURN_IF_ERROR(CheckRange<int64_t>("normaliser_batches", settings.normaliser_batches, 1, 1 << 20));
  }
  return absl::OkStatus();
}

}  // namespace shoal
