// Team: whether this worker trains alone, or with all others together.
//
// Workers of an image encoder take every step together, each with its part of the step's pictures. The first of them
// leads: it alone asks for leases, hands them on to the others as they come, reports on them, and heeds a checkpoint's
// pause. The others follow: they begin each unit as it comes and cannot end it without the leader, so when the leader
// rests between two units nothing of the next one has reached the tables.
//
// Thread rule: a value.

#pragma once

#include <vector>

#include "proto/wire.pb.h"

namespace shoal {

struct Team {
  int leader = -1;             // Rank that this worker follows; -1: none.
  std::vector<int> followers;  // Ranks that follow this worker.
  // Ranks of all workers that train together, in the order of their indices; of a worker alone its own.
  std::vector<int> ranks;

  bool follows() const { return leader >= 0; }

  static Team Of(const wire::Welcome& welcome);
};

}  // namespace shoal
