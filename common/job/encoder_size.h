// EncoderSize: how many numbers an image encoder is made of, reckoned from its description without making it.
//
// The coordinator and `shoal plan` size tables and memory by it, and know no LibTorch. That it equals the nets that
// worker/models makes is held by a test there.
//
// Pure functions; safe from any thread.
// Source: He et al. 2016, "Deep Residual Learning for Image Recognition", table 1.

#pragma once

#include <cstdint>

#include "proto/job.pb.h"

namespace shoal {

struct EncoderSize {
  uint64_t features = 0;    // That the net gives for a picture.
  uint64_t parameters = 0;  // Of net and head: what a gradient moves.
  uint64_t buffers = 0;     // Running means and variances of net and head.
  // Outputs of the net's convolutions for each pixel of a view: what a step keeps until its backward pass, and as much
  // again for their normalised form.
  double outputs_per_pixel = 0;

  static EncoderSize Of(const job::ImageEncoder& encoder);
};

// Floats of what a worker of a job on images goes on from, at most: parameters, the optimizer's state, buffers, of MoCo
// the key encoder's too, counters.
uint64_t TrainingStateFloats(const job::Job& job);

}  // namespace shoal
