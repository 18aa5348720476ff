// LeaseDesk: decides which worker that asks for a lease gets one, and when.
//
// A worker asks for more as soon as it begins a unit, so that it never waits between two, and is given up to
// kMaxLeasesPerWorker: of a small corpus a unit is trained in less time than a question takes.
// Towards the end of the plan that would leave one worker with many units where others have none; so a worker gets
// another one only while for each that it holds as many units wait as there are workers, and waits for the answer else.
// Of a round (ledger.h) it gets its share at a time: a worker that held a whole round would have the others wait.
//
// Thread rule: belongs to the coordinator's thread. Does not own the ledger.

#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "coordinator/ledger.h"
#include "proto/wire.pb.h"

namespace shoal {

class LeaseDesk {
 public:
  struct Answer {
    int worker = -1;                   // Rank.
    std::optional<wire::Lease> lease;  // Nothing: NoMoreLeases.
  };

  LeaseDesk(Ledger* ledger, uint32_t workers);

  // `worker` asks. A worker that asks again before it was answered is answered once.
  void Request(int worker);

  // What can be answered now: to be called after each change of the ledger or request. Where there are rounds and
  // `end_round`, none is begun.
  std::vector<Answer> Answers(bool end_round = false);

 private:
  bool MayHave(int worker) const;

  Ledger& ledger_;
  const uint64_t workers_;
  const uint64_t most_;     // Leases of one worker.
  std::deque<int> asking_;  // In the order of asking; each worker once.
};

}  // namespace shoal
