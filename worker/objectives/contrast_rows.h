// ContrastRows: what a contrastive method keeps on the servers besides the worker's own state: MoCo its key encoder and
// queue, instance discrimination its memory bank, SimCLR nothing.
//
// All workers read before a step and write after it, each its part, and none reads again before all have written
// (Contrastive sees to that by a meeting of the workers): so every step sees the rows after the one before it, whatever
// the number of workers and whether rows are mapped or travel.
//
// Thread rule: belongs to the worker's thread, as its tables do.
// Implementations: moco_rows.h, bank_rows.h, and one that keeps nothing, here.

#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/status.h"
#include "worker/models/contrastive_learner.h"

namespace shoal {

// Which step of the job it is, and of what.
struct StepPlace {
  uint64_t step = 0;    // Of the whole job, from 0.
  double progress = 0;  // Of the whole job, 0 to 1.
  // The step's pictures, of all workers in their order; and this worker's among them.
  std::span<const uint32_t> pictures;
  uint64_t first = 0, count = 0;

  std::span<const uint32_t> own() const { return pictures.subspan(first, count); }
};

class ContrastRows {
 public:
  virtual ~ContrastRows() = default;

  // Gives rows of a job that begins their first values; once, by one worker, before any worker's first step.
  virtual absl::Status Initialise() { return absl::OkStatus(); }

  // Brings `input` and the learner's key encoder what the step at `place` contrasts against. Spans of `input` hold
  // until the next call.
  virtual absl::Status Read(const StepPlace&, StepInput*) { return absl::OkStatus(); }

  // Takes what the step has made. On its way to the servers when it returns; the tables' Flush brings it there.
  virtual absl::Status Write(const StepPlace&, const StepResult&) { return absl::OkStatus(); }
};

}  // namespace shoal
