// GroupOf: a learner's group of workers, over the workers' collectives.
//
// Thread rule: the learner's thread makes the collectives' calls then. They must outlive the learner.

#pragma once

#include <span>

#include "worker/collective/collective.h"
#include "worker/models/worker_group.h"

namespace shoal {

// Over `workers`, and what lies where the learner computes over `gpus`, which is null where that is the CPU.
inline WorkerGroup GroupOf(Collective* workers, Collective* gpus = nullptr) {
  Collective* const device = gpus == nullptr ? workers : gpus;
  return {.rank = workers->rank(),
          .size = workers->size(),
          .sum = [=](std::span<float> values) { return workers->AllReduce(values); },
          .gather = [=](std::span<const float> own, std::span<float> all) { return device->AllGather(own, all); },
          .begin_gradients = [=](std::span<float> bucket) { return device->StartAllReduce(bucket); },
          .finish_gradients = [=] { return device->Wait(); }};
}

}  // namespace shoal
