// ContrastiveSettings: a job's image encoder as the plain settings of those who train it: the learner, which knows
// Torch and no protobuf, and the threads that make views.
//
// Pure functions; safe from any thread.

#pragma once

#include "absl/status/statusor.h"
#include "proto/wire.pb.h"
#include "worker/models/contrastive_learner.h"
#include "worker/optimizers/learning_rate.h"

namespace shoal {

// Of a set of `pictures`; `threads`: that the worker computes with. FailedPrecondition: BF16 is asked of a processor
// that is slow at it.
absl::StatusOr<LearnerSettings> LearnerSettingsOf(const job::Job& job, uint64_t pictures, int view_size, int threads);

LearningRateSettings ScheduleOf(const job::DenseOptimizer& optimizer);

// Of the host's cores, what falls to one of the workers that share it; 1 at least.
uint32_t CoresOfAWorker(const wire::Welcome& welcome);

}  // namespace shoal
