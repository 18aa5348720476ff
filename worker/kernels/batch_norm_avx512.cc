#include "worker/kernels/batch_norm_backends.h"
#include "worker/kernels/batch_norm_body.h"
#include "worker/kernels/simd_avx512.h"

namespace shoal {

constinit const BatchNormFunctions kBatchNormAvx512 = BatchNormBody<SimdAvx512>::Functions();

}  // namespace shoal
