// Counts that travel among floats, as in the state of a training: two floats of 24 bits each, as a float holds whole
// numbers of 24 bits exactly. So counts up to 2^48 read back as they were.
//
// Thread rule: pure functions.

#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace shoal {

inline constexpr size_t kFloatsOfCount = 2;

inline void PutCount(uint64_t count, std::span<float, kFloatsOfCount> floats) {
  floats[0] = static_cast<float>(count >> 24);
  floats[1] = static_cast<float>(count & 0xffffff);
}

inline uint64_t TakeCount(std::span<const float, kFloatsOfCount> floats) {
  return (static_cast<uint64_t>(floats[0]) << 24) + static_cast<uint64_t>(floats[1]);
}

}  // namespace shoal
