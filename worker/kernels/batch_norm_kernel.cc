#include "worker/kernels/batch_norm_kernel.h"

#include "worker/kernels/batch_norm_backends.h"

namespace shoal {

const BatchNormFunctions& BatchNormKernel(SimdBackend backend) {
  return Choose<kBatchNormAvx512, kBatchNormAvx2, kBatchNormPortable>(backend);
}

}  // namespace shoal
