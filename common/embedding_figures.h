// Sums of an image encoder's embedding figures over steps, as workers report them and the coordinator adds them up.
//
// Pure function; safe from any thread.

#pragma once

#include "proto/wire.pb.h"

namespace shoal {

inline void AddEmbeddingFigures(const wire::EmbeddingFigures& added, wire::EmbeddingFigures* sums) {
  sums->set_steps(sums->steps() + added.steps());
  sums->set_accuracy(sums->accuracy() + added.accuracy());
  sums->set_alignment(sums->alignment() + added.alignment());
  sums->set_uniformity(sums->uniformity() + added.uniformity());
  sums->set_spread(sums->spread() + added.spread());
}

}  // namespace shoal
