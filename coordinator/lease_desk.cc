#include "coordinator/lease_desk.h"

#include <algorithm>
#include <utility>

namespace shoal {

void LeaseDesk::Request(int worker) {
  dismissed_.erase(worker);
  if (std::find(asking_.begin(), asking_.end(), worker) == asking_.end()) asking_.push_back(worker);
}

void LeaseDesk::Forget(int worker) {
  dismissed_.erase(worker);
  std::erase(asking_, worker);
}

bool LeaseDesk::MayHave(int worker) const {
  const uint64_t held = ledger_.held_by(worker);
  return held == 0 || (held < kLeasesPerWorker && ledger_.waiting() >= workers_);
}

std::vector<LeaseDesk::Answer> LeaseDesk::Answers() {
  if (ledger_.waiting() > 0) {
    asking_.insert(asking_.end(), dismissed_.begin(), dismissed_.end());
    dismissed_.clear();
  }
  std::vector<Answer> answers;
  std::deque<int> still_asking;
  for (const int worker : asking_) {
    if (ledger_.waiting() == 0) {
      dismissed_.insert(worker);
      answers.push_back({.worker = worker});
    } else if (MayHave(worker)) {
      answers.push_back({.worker = worker, .lease = ledger_.Grant(worker)});
    } else {
      still_asking.push_back(worker);
    }
  }
  asking_ = std::move(still_asking);
  return answers;
}

}  // namespace shoal
