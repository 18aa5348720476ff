#include "coordinator/lease_desk.h"

#include <algorithm>
#include <utility>

#include "common/transport/control.h"

namespace shoal {

LeaseDesk::LeaseDesk(Ledger* ledger, uint32_t workers)
    : ledger_(*ledger),
      workers_(workers),
      most_(ledger->units_per_round() == 0
                ? kMaxLeasesPerWorker
                : std::min(kMaxLeasesPerWorker, (ledger->units_per_round() + workers - 1) / workers)) {}

void LeaseDesk::Request(int worker) {
  if (std::find(asking_.begin(), asking_.end(), worker) == asking_.end()) asking_.push_back(worker);
}

bool LeaseDesk::MayHave(int worker) const {
  const uint64_t held = ledger_.held_by(worker);
  return ledger_.waiting() > 0 && held < most_ && ledger_.waiting() >= workers_ * held;
}

std::vector<LeaseDesk::Answer> LeaseDesk::Answers(bool end_round) {
  const auto may_have = [&](int worker) { return MayHave(worker) && !(end_round && ledger_.between_rounds()); };
  std::vector<Answer> answers;
  std::deque<int> still_asking;
  for (const int worker : asking_) {
    if (ledger_.waiting() == 0) {
      answers.push_back({.worker = worker});
    } else if (may_have(worker)) {
      while (may_have(worker)) answers.push_back({.worker = worker, .lease = ledger_.Grant(worker)});
    } else {
      still_asking.push_back(worker);
    }
  }
  asking_ = std::move(still_asking);
  return answers;
}

}  // namespace shoal
