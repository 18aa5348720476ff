#include "worker/kernels/batch_norm_backends.h"
#include "worker/kernels/batch_norm_body.h"
#include "worker/kernels/simd_avx2.h"

namespace shoal {

constinit const BatchNormFunctions kBatchNormAvx2 = BatchNormBody<SimdAvx2>::Functions();

}  // namespace shoal
