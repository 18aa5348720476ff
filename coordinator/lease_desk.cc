#include "coordinator/lease_desk.h"

#include <algorithm>
#include <utility>

#include "common/transport/control.h"

namespace shoal {

void LeaseDesk::Request(int worker) {
  if (std::find(asking_.begin(), asking_.end(), worker) == asking_.end()) asking_.push_back(worker);
}

bool LeaseDesk::MayHave(int worker) const {
  const uint64_t held = ledger_.held_by(worker);
  return ledger_.waiting() > 0 && held < kMaxLeasesPerWorker && ledger_.waiting() >= workers_ * held;
}

std::vector<LeaseDesk::Answer> LeaseDesk::Answers() {
  std::vector<Answer> answers;
  std::deque<int> still_asking;
  for (const int worker : asking_) {
    if (ledger_.waiting() == 0) {
      answers.push_back({.worker = worker});
    } else if (MayHave(worker)) {
      while (MayHave(worker)) answers.push_back({.worker = worker, .lease = ledger_.Grant(worker)});
    } else {
      still_asking.push_back(worker);
    }
  }
  asking_ = std::move(still_asking);
  return answers;
}

}  // namespace shoal
