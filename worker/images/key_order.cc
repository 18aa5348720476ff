#include "worker/images/key_order.h"

#include "common/random.h"
#include "common/shuffled_order.h"

namespace shoal {
namespace {

constexpr uint64_t kKeyStream = 0x6b657973;

}  // namespace

std::vector<uint32_t> KeyOrder(uint64_t seed, uint64_t step, uint64_t batch) {
  std::vector<uint32_t> order(batch);
  LayOutShuffled(CounterRandom(StreamKey(StreamKey(seed, kKeyStream), step)), order);
  return order;
}

}  // namespace shoal
