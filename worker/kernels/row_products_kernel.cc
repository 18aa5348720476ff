#include "worker/kernels/row_products_kernel.h"

#include "worker/kernels/row_products_backends.h"

namespace shoal {

const RowProductsFunctions& RowProductsKernel(SimdBackend backend) {
  switch (backend) {
#if defined(__x86_64__)
    case SimdBackend::kAvx512:
      return kRowProductsAvx512;
    case SimdBackend::kAvx2:
      return kRowProductsAvx2;
#endif
    default:
      return kRowProductsPortable;
  }
}

}  // namespace shoal
