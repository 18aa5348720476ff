#include "worker/kernels/simd_backend.h"

namespace shoal {
namespace {

#if defined(__x86_64__)
bool CpuRunsAvx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
bool CpuRunsAvx512() {
  return CpuRunsAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq");
}
#else
bool CpuRunsAvx2() { return false; }
bool CpuRunsAvx512() { return false; }
#endif

}  // namespace

std::string_view SimdBackendName(SimdBackend backend) {
  switch (backend) {
    case SimdBackend::kPortable:
      return "portable";
    case SimdBackend::kAvx2:
      return "AVX2";
    case SimdBackend::kAvx512:
      return "AVX-512";
  }
  return "unknown";
}

bool CpuRuns(SimdBackend backend) {
  switch (backend) {
    case SimdBackend::kPortable:
      return true;
    case SimdBackend::kAvx2:
      return CpuRunsAvx2();
    case SimdBackend::kAvx512:
      return CpuRunsAvx512();
  }
  return false;
}

SimdBackend BestSimdBackend() {
  static const SimdBackend best = CpuRunsAvx512() ? SimdBackend::kAvx512
                                  : CpuRunsAvx2() ? SimdBackend::kAvx2
                                                  : SimdBackend::kPortable;
  return best;
}

}  // namespace shoal
