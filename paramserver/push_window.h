// PushWindow: which pushes of one client have been applied, so that a push that is sent again is not applied again.
//
// Ids rise; of the last kIds below the highest applied one each is known. Clients keep unanswered requests within that
// many ids, so an older id is a mistake, not a retry.
//
// Thread rule: not safe for concurrent use; belongs to the server's loop.

#pragma once

#include <bitset>
#include <cstdint>

namespace shoal {

class PushWindow {
 public:
  static constexpr uint64_t kIds = 1024;

  enum class State { kUnknown, kApplied, kTooOld };

  State Look(uint64_t id) const {
    if (id > highest_) return State::kUnknown;
    if (highest_ - id >= kIds) return State::kTooOld;
    return applied_[id % kIds] ? State::kApplied : State::kUnknown;
  }

  // `id` is not too old.
  void SetApplied(uint64_t id) {
    if (id > highest_) Advance(id);
    applied_[id % kIds] = true;
  }

 private:
  void Advance(uint64_t id) {
    if (id - highest_ >= kIds) {
      applied_.reset();
    } else {
      for (uint64_t skipped = highest_ + 1; skipped <= id; ++skipped) applied_[skipped % kIds] = false;
    }
    highest_ = id;
  }

  uint64_t highest_ = 0;
  std::bitset<kIds> applied_;
};

}  // namespace shoal
