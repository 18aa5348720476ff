// LearnerSettings: how an image encoder is trained, in plain types.
//
// Thread rule: values; functions are pure.

#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "common/job/augmentation_settings.h"
#include "worker/models/encoder_settings.h"
#include "worker/optimizers/dense_optimizer.h"

namespace shoal {

enum class ContrastiveMethod {
  kSimClr,           // Both views by one encoder; negatives are all other pictures of all workers' batches.
  kMoco,             // Queries against keys of a slow encoder; negatives are a queue of earlier keys.
  kInstanceSoftmax,  // One view against a bank that holds each picture's embedding, all of it.
  kInstanceNce,      // One view against a sample of the bank.
};

enum class Precision {
  kFloat32,
  kBfloat16,  // Of convolutions and linear layers, as autocast has it; quicker where a CPU has AMX, or a GPU is Ampere
              // or later.
};

enum class Device {
  kCpu,   // By this framework's own kernels where they are the quicker.
  kCuda,  // The GPU that LearnerSettings names.
  // The CPU, by the operators and with the copies of kCuda: how tests without a GPU hold those.
  kCpuLikeCuda,
};

// Whether this CPU multiplies bfloat16 matrices in hardware (AMX). Elsewhere kBfloat16 is right, and slower than
// kFloat32.
bool CpuIsQuickWithBfloat16();

struct LearnerSettings {
  EncoderSettings encoder;
  ContrastiveMethod method = ContrastiveMethod::kSimClr;
  double temperature = 0.5;
  // Of kMoco: each view is once query and once key.
  bool symmetric = false;
  // Of kInstanceNce: rows of the whole bank, and the batches from which the normalising constant is estimated before it
  // stays as it is.
  int64_t bank_rows = 0;
  int64_t normaliser_batches = 1;
  OptimizerSettings optimizer;
  int64_t image_size = 32;  // Of both sides, in pixels.
  // By which pictures of 8 bits are normalised, and views made of decoded ones: of image_size then.
  AugmentationSettings augmentation;
  int64_t max_batch = int64_t{1} << 20;  // Pictures of a step.
  // Parts that a step's pictures are taken in, one after another. Not of kSimClr, whose negatives are the batch.
  int accumulation_steps = 1;
  // Of Torch's operators; batch normalisation stays on one. More workers of one thread are quicker than one of many.
  int threads = 1;
  Precision precision = Precision::kFloat32;
  Device device = Device::kCpu;
  int gpu = 0;  // Of kCuda, by CUDA's number.
  // Gradients are summed over workers in pieces of at least so many bytes.
  size_t bucket_bytes = size_t{4} << 20;
};

// InvalidArgument names the first setting that cannot be, what it is and what it may be.
absl::Status CheckSettings(const LearnerSettings& settings);

}  // namespace shoal
