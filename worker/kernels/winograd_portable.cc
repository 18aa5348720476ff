#include "worker/kernels/simd_portable.h"
#include "worker/kernels/winograd_backends.h"
#include "worker/kernels/winograd_body.h"

namespace shoal {

constinit const WinogradFunctions kWinogradPortable = WinogradBody<SimdPortable>::Functions();

}  // namespace shoal
