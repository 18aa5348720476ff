#include "worker/kernels/batch_norm_kernel.h"

#include "worker/kernels/batch_norm_backends.h"

namespace shoal {

const BatchNormFunctions& BatchNormKernel(SimdBackend backend) {
  switch (backend) {
#if defined(__x86_64__)
    case SimdBackend::kAvx512:
      return kBatchNormAvx512;
    case SimdBackend::kAvx2:
      return kBatchNormAvx2;
#endif
    default:
      return kBatchNormPortable;
  }
}

}  // namespace shoal
