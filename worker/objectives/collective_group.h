// GroupOf: a learner's group of workers, over the workers' collective.
//
// Thread rule: the learner's thread makes the collective's calls then. The collective must outlive the learner.

#pragma once

#include <span>

#include "worker/collective/collective.h"
#include "worker/models/worker_group.h"

namespace shoal {

inline WorkerGroup GroupOf(Collective* collective) {
  return {.rank = collective->rank(),
          .size = collective->size(),
          .sum = [=](std::span<float> values) { return collective->AllReduce(values); },
          .gather = [=](std::span<const float> own, std::span<float> all) { return collective->AllGather(own, all); },
          .begin_gradients = [=](std::span<float> bucket) { return collective->StartAllReduce(bucket); },
          .finish_gradients = [=] { return collective->Wait(); }};
}

}  // namespace shoal
