#include "worker/kernels/simd_avx512.h"
#include "worker/kernels/strided_backends.h"
#include "worker/kernels/strided_body.h"

namespace shoal {

constinit const StridedFunctions kStridedAvx512 = StridedBody<SimdAvx512>::Functions();

}  // namespace shoal
