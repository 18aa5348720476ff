#include "coordinator/plan.h"

#include <utility>

#include "common/random.h"
#include "common/shuffled_order.h"
#include "common/status.h"

namespace shoal {
namespace {

// Told apart from the streams of samples, which are keyed by (seed, epoch, unit) as well.
constexpr uint64_t kOrderStream = 0x6f72646572;  // "order"

}  // namespace

absl::StatusOr<Plan> Plan::Create(std::vector<Unit> units, uint32_t epochs, uint64_t seed) {
  if (units.empty()) return InvalidArgument("there is nothing to train on: the data has no units");
  if (epochs == 0) return InvalidArgument("a plan needs an epoch at least");
  if (units.size() > kMaxUnits) {
    return InvalidArgument("the data has ", units.size(), " units, more than ", kMaxUnits, ": raise the unit's size");
  }
  uint64_t work = 0;
  for (size_t i = 0; i < units.size(); ++i) {
    if (units[i].begin >= units[i].end || units[i].work == 0) {
      return InvalidArgument("unit ", i, " [", units[i].begin, ", ", units[i].end, ") of work ", units[i].work,
                             " is empty");
    }
    work += units[i].work;
  }
  return Plan(std::move(units), epochs, seed, work);
}

Plan::Plan(std::vector<Unit> units, uint32_t epochs, uint64_t seed, uint64_t work_of_an_epoch)
    : units_(std::move(units)),
      epochs_(epochs),
      seed_(seed),
      work_of_an_epoch_(work_of_an_epoch),
      order_(units_.size()),
      work_before_(units_.size()) {
  LayOut(0);
}

void Plan::LayOut(uint32_t epoch) {
  LayOutShuffled(CounterRandom(StreamKey(StreamKey(seed_, kOrderStream), epoch)), order_);
  uint64_t work = 0;
  for (size_t i = 0; i < order_.size(); ++i) {
    work_before_[i] = work;
    work += units_[order_[i]].work;
  }
  laid_out_epoch_ = epoch;
}

PlannedUnit Plan::At(uint64_t place) {
  const auto epoch = static_cast<uint32_t>(place / units_.size());
  const uint64_t index = place % units_.size();
  if (epoch != laid_out_epoch_) LayOut(epoch);
  return {.epoch = epoch,
          .unit = order_[index],
          .range = units_[order_[index]],
          .work_before = epoch * work_of_an_epoch_ + work_before_[index]};
}

}  // namespace shoal
