#include "worker/kernels/simd_avx2.h"
#include "worker/kernels/strided_backends.h"
#include "worker/kernels/strided_body.h"

namespace shoal {

constinit const StridedFunctions kStridedAvx2 = StridedBody<SimdAvx2>::Functions();

}  // namespace shoal
