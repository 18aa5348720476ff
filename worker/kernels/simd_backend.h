// Which vector instructions the kernels are compiled for, and which of them this CPU has.
//
// Each back end is one source file with its own compiler flags; the choice is made once, at run time. Pure functions;
// safe from any thread.

#pragma once

#include <string_view>

namespace shoal {

enum class SimdBackend { kPortable, kAvx2, kAvx512 };

inline constexpr SimdBackend kSimdBackends[] = {SimdBackend::kPortable, SimdBackend::kAvx2, SimdBackend::kAvx512};

// "portable", "AVX2", "AVX-512".
std::string_view SimdBackendName(SimdBackend backend);

// Whether this build has the back end and this CPU and kernel run it.
bool CpuRuns(SimdBackend backend);

// The widest that this CPU runs.
SimdBackend BestSimdBackend();

#if defined(__x86_64__)
inline constexpr bool kBuildsAvx = true;
#else
inline constexpr bool kBuildsAvx = false;
#endif

// Of a kernel's functions, those of `backend`. They are parameters of the template as builds for other machines have
// none for AVX, and must not ask the linker for them.
template <const auto& avx512, const auto& avx2, const auto& portable>
const auto& Choose(SimdBackend backend) {
  if constexpr (kBuildsAvx) {
    if (backend == SimdBackend::kAvx512) return avx512;
    if (backend == SimdBackend::kAvx2) return avx2;
  }
  return portable;
}

}  // namespace shoal
