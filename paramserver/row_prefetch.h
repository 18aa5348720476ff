// Brings rows towards the cache before they are needed. Inline assembler, because GCC 12 deletes _mm_prefetch where it
// thinks that nothing depends on it. Pure; safe from any thread, and for any address.

#pragma once

#include <cstdint>

namespace shoal {

inline void PrefetchLine(const void* address) {
#if defined(__x86_64__)
  asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char*>(address)));
#else
  __builtin_prefetch(address);
#endif
}

// All lines of a row of `floats`, the first kLongestRow of them: the hardware follows a longer run by itself.
inline void PrefetchRow(const float* row, uint32_t floats) {
  constexpr uint32_t kLongestRow = 512;
  constexpr uint32_t kLineFloats = 16;
  const uint32_t end = floats < kLongestRow ? floats : kLongestRow;
  for (uint32_t i = 0; i < end; i += kLineFloats) PrefetchLine(row + i);
}

}  // namespace shoal
