// InProcessCollectiveGroup: the collective of workers that are threads of one process, for tests.
//
// Sums are taken in the order of the ranks. A worker that waits longer than the timeout, or is aborted, ends
// everybody's calls with an error, as a lost process would.
//
// Thread rule: the group is safe from any thread and outlives its members; a member belongs to one thread.

#pragma once

#include <memory>

#include "absl/time/time.h"
#include "worker/collective/collective.h"

namespace shoal {

class InProcessCollectiveGroup {
 public:
  InProcessCollectiveGroup(int size, absl::Duration timeout);
  ~InProcessCollectiveGroup();

  // Worker `rank`'s.
  std::unique_ptr<Collective> member(int rank);

 private:
  class Meeting;
  class Member;
  const std::shared_ptr<Meeting> meeting_;
};

}  // namespace shoal
