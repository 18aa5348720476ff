#include "worker/images/epoch_order.h"

#include "common/random.h"
#include "common/shuffled_order.h"

namespace shoal {
namespace {

constexpr uint64_t kOrderStream = 0x70696374;  // Apart from the plan's, which orders the steps.

}  // namespace

EpochOrder::EpochOrder(uint64_t seed, uint64_t pictures) : seed_(seed), order_(pictures) { LayOut(0); }

std::span<const uint32_t> EpochOrder::At(uint32_t epoch, uint64_t begin, uint64_t end) {
  if (epoch != epoch_) LayOut(epoch);
  return std::span(order_).subspan(begin, end - begin);
}

void EpochOrder::LayOut(uint32_t epoch) {
  LayOutShuffled(CounterRandom(StreamKey(StreamKey(seed_, kOrderStream), epoch)), order_);
  epoch_ = epoch;
}

}  // namespace shoal
