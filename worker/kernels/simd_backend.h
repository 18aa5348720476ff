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

}  // namespace shoal
