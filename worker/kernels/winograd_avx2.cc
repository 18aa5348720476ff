#include "worker/kernels/simd_avx2.h"
#include "worker/kernels/winograd_backends.h"
#include "worker/kernels/winograd_body.h"

namespace shoal {

constinit const WinogradFunctions kWinogradAvx2 = WinogradBody<SimdAvx2>::Functions();

}  // namespace shoal
