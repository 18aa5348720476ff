#include "worker/kernels/batch_norm_backends.h"
#include "worker/kernels/batch_norm_body.h"
#include "worker/kernels/simd_portable.h"

namespace shoal {

constinit const BatchNormFunctions kBatchNormPortable = BatchNormBody<SimdPortable>::Functions();

}  // namespace shoal
