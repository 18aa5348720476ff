#include "worker/kernels/simd_avx512.h"
#include "worker/kernels/winograd_backends.h"
#include "worker/kernels/winograd_body.h"

namespace shoal {

constinit const WinogradFunctions kWinogradAvx512 = WinogradBody<SimdAvx512>::Functions();

}  // namespace shoal
