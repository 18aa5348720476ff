// BatchNorm: batch normalisation with what follows it in a residual net, the shortcut's sum and the rectifier, as one
// differentiable operation over channels_last activations (worker/kernels/batch_norm_kernel.h).
//
// On a GPU it is made of Torch's operators instead (worker/models/batch_norm_operators.h), to the same result.
//
// One implementation serves all kinds, which differ in whose rows a statistic is over: this worker's, all workers'
// (sums forward, and sums of gradients backward, go through the group: the gradient is exact), or each part's of the
// batch (the running statistics then follow the parts' mean). Names and defaults are torchvision's.
//
// Thread rule: one owner at a time. A layer refers to its ModelTensors and to the BatchNormMode of its model, which
// outlive it.
// Source: Ioffe and Szegedy 2015, algorithms 1 and 2; parts after Chen et al. 2020, "Improved Baselines with Momentum
// Contrastive Learning" on one device.

#pragma once

#include <ATen/core/Tensor.h>

#include <string>

#include "worker/models/encoder_settings.h"
#include "worker/models/model_tensors.h"
#include "worker/models/worker_group.h"

namespace shoal {

inline constexpr double kBatchNormEpsilon = 1e-5;
inline constexpr double kBatchNormMomentum = 0.1;

// What all layers of a model have in common.
struct BatchNormMode {
  BatchNormKind kind = BatchNormKind::kLocal;
  int parts = 1;                      // Of kSplit; divides a training's batch.
  GroupExchange* exchange = nullptr;  // Of kSynchronised; not owned.
  // Statistics of the batch, which move the running ones; else the running ones.
  bool training = false;
  double running_share = kBatchNormMomentum;  // Of the batch's, in the running ones after it.
  bool by_operators = false;
};

class BatchNorm {
 public:
  // Adds NAME.weight and NAME.bias where it is `affine`, and NAME.running_mean and NAME.running_var to `tensors`.
  BatchNorm(const std::string& name, int64_t channels, bool affine, const BatchNormMode* mode, ModelTensors* tensors);

  // Of `x` [batch, channels, height, width] or [batch, channels]: normalised, plus `shortcut` (of the same shape, or
  // undefined), then rectified where `rectify`. Where no gradient is recorded, `x` may be overwritten and returned: it
  // should be a convolution's output that nobody else holds.
  at::Tensor Apply(at::Tensor x, at::Tensor shortcut, bool rectify) const;

 private:
  friend struct BatchNormFunction;
  struct Statistics {
    at::Tensor mean, inverse_deviation;  // [parts, channels]
    double rows = 0;                     // Under each statistic; of all workers where synchronised.
  };
  // Of the batch where the mode is training; the running ones move then.
  Statistics StatisticsOf(const at::Tensor& x) const;
  Statistics MeasureAndMoveRunning(const at::Tensor& x) const;
  Statistics Running() const;
  void Normalise(const at::Tensor& x, const at::Tensor& shortcut, const Statistics& statistics, bool rectify,
                 const at::Tensor& y) const;
  at::Tensor ApplyByOperators(const at::Tensor& x, const at::Tensor& shortcut, bool rectify) const;
  float weight(int64_t channel) const;
  float bias(int64_t channel) const;

  // Running statistics are the same for all parts, and any number of pictures is normalised by them.
  int parts() const { return mode_->training && mode_->kind == BatchNormKind::kSplit ? mode_->parts : 1; }

  int64_t channels_;
  const BatchNormMode* mode_;
  const ModelTensor *weight_ = nullptr, *bias_ = nullptr, *running_mean_, *running_var_;
};

}  // namespace shoal
