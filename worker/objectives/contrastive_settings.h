// ContrastiveSettings: a job's image encoder as the plain settings of those who train it: the learner, which knows
// Torch and no protobuf, and the threads that make views.
//
// Pure functions; safe from any thread.

#pragma once

#include "absl/status/statusor.h"
#include "proto/wire.pb.h"
#include "worker/collective/collective.h"
#include "worker/models/contrastive_learner.h"
#include "worker/optimizers/learning_rate.h"

namespace shoal {

// Where a worker computes: on the CPU, or on a GPU of its host.
struct LearnerPlace {
  Device device = Device::kCpu;
  int gpu = 0;
};

// What hinders a worker from using a GPU, as workers tell each other: bytes at most.
inline constexpr size_t kMostTroubleBytes = 500;

// Where this worker computes, by the job and by what this build and the workers' hosts have; with ANY all `workers`,
// who must all call it, compute on GPUs or none, and the first of them logs which. FailedPrecondition: CUDA is asked
// for, and there is no GPU for it.
absl::StatusOr<LearnerPlace> LearnerPlaceOf(const wire::Welcome& welcome, Collective* workers);

// What all `workers`, who must all call it, compute in: with AUTO in bfloat16 where it is quick at each one's place.
// FailedPrecondition: BF16 is asked for, and some place is slow at it.
absl::StatusOr<Precision> PrecisionOf(const job::Job& job, const LearnerPlace& place, Collective* workers);

// Of a set of `pictures`; `threads`: that the worker computes with. In float32.
LearnerSettings LearnerSettingsOf(const job::Job& job, uint64_t pictures, int view_size, int threads,
                                  const LearnerPlace& place = {});

LearningRateSettings ScheduleOf(const job::DenseOptimizer& optimizer);

// Of the host's cores, what falls to one of the workers that share it; 1 at least.
uint32_t CoresOfAWorker(const wire::Welcome& welcome);

// Threads that a worker computes with: as the job says, or its cores. With STRICT determinism one then: sums are split
// among threads, and their bits would be the host's.
int ComputingThreads(const wire::Welcome& welcome);

}  // namespace shoal
