// Plan: all units of a job in the order in which they are leased, epoch after epoch.
//
// The plan depends on the data and the job only, not on how many workers there are or how fast they run: so a unit's
// samples (keyed by seed, epoch and unit) and its learning rate (by the work planned before it) are the same in every
// run of the job. Within an epoch the units are shuffled, keyed by (seed, epoch): neighbouring documents are alike, and
// workers that train at the same time should not all sit in one topic.
//
// The cut into units is the source's, by WordsPerUnit of common/job/derived.h.
//
// A plan of 10^6 units takes 36 MB however many epochs it has: the order of one epoch at a time is laid out.
//
// Thread rule: belongs to one thread; At() keeps the order of the epoch it was last asked for.

#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "data/source.h"

namespace shoal {

// One unit in one epoch.
struct PlannedUnit {
  uint32_t epoch = 0;  // From 0.
  uint64_t unit = 0;   // In the order of the source, from 0.
  Unit range;
  uint64_t work_before = 0;  // Of the plan before it.
};

class Plan {
 public:
  static constexpr uint64_t kMaxUnits = uint64_t{1} << 31;

  // InvalidArgument: no units, more than kMaxUnits, or a unit without items or work.
  static absl::StatusOr<Plan> Create(std::vector<Unit> units, uint32_t epochs, uint64_t seed);

  uint64_t units_per_epoch() const { return units_.size(); }
  uint32_t epochs() const { return epochs_; }
  uint64_t size() const { return units_.size() * epochs_; }
  uint64_t work_of_an_epoch() const { return work_of_an_epoch_; }
  uint64_t work_total() const { return work_of_an_epoch_ * epochs_; }

  // `place` < size(). Walking through an epoch costs nothing a call; going to another epoch lays out its order.
  PlannedUnit At(uint64_t place);

 private:
  Plan(std::vector<Unit> units, uint32_t epochs, uint64_t seed, uint64_t work_of_an_epoch);
  void LayOut(uint32_t epoch);

  std::vector<Unit> units_;
  uint32_t epochs_;
  uint64_t seed_;
  uint64_t work_of_an_epoch_;
  uint32_t laid_out_epoch_;
  std::vector<uint32_t> order_;        // [units] of laid_out_epoch_
  std::vector<uint64_t> work_before_;  // [units] within that epoch, by place
};

}  // namespace shoal
