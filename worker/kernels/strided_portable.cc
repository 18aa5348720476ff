#include "worker/kernels/simd_portable.h"
#include "worker/kernels/strided_backends.h"
#include "worker/kernels/strided_body.h"

namespace shoal {

constinit const StridedFunctions kStridedPortable = StridedBody<SimdPortable>::Functions();

}  // namespace shoal
