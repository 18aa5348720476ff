// What shoal-image-worker says of itself, before a job is started on it: of its LibTorch, and of GPUs.
//
// Thread rule: main's thread; it starts the program and waits for it, with a deadline.

#pragma once

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "common/json_object.h"
#include "common/machine.h"
#include "launch/installation.h"
#include "launch/memory_plan.h"
#include "proto/job.pb.h"

namespace shoal {

// The LibTorchFacts (worker/models/libtorch.h) of the program on this host. FailedPrecondition: it does not start, with
// the first line of what it said.
absl::StatusOr<JsonObject> AskImageWorker(const Installation& installation, Clock& clock);

// Whether all workers of `job` can compute where encoder.device says, as far as that can be told here: by the build,
// which all hosts have, and by this host's GPUs where the job runs on no other. FailedPrecondition says why not, and
// the cure.
absl::Status CheckEncoderDevice(const job::Job& job, const Installation& installation, Clock& clock);

// MemoryPlan::Of where the workers will compute. ResourceExhausted: `machine` has less.
absl::StatusOr<MemoryPlan> PlanMemory(const job::Job& job, uint64_t items, uint32_t picture_side,
                                      const Machine& machine, const Installation& installation, Clock& clock);

}  // namespace shoal
