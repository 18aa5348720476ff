// PrefetchRow: asks for the cache lines of a row that will be used soon. Safe from any thread, on any address.

#pragma once

#include <cstddef>

namespace shoal {

inline constexpr size_t kCacheLineBytes = 64;

// By inline assembly: GCC 12 deletes prefetch intrinsics whose result it believes unused, as in lambdas.
inline __attribute__((always_inline)) void PrefetchRow(const float* row, size_t bytes) {
  const char* const line = reinterpret_cast<const char*>(row);
  for (size_t offset = 0; offset < bytes; offset += kCacheLineBytes) {
#if defined(__x86_64__)
    asm volatile("prefetcht0 %0" : : "m"(line[offset]));
#else
    __builtin_prefetch(line + offset, /*write=*/1);
#endif
  }
}

}  // namespace shoal
