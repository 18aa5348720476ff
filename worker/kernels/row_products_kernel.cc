#include "worker/kernels/row_products_kernel.h"

#include "worker/kernels/row_products_backends.h"

namespace shoal {

const RowProductsFunctions& RowProductsKernel(SimdBackend backend) {
  return Choose<kRowProductsAvx512, kRowProductsAvx2, kRowProductsPortable>(backend);
}

}  // namespace shoal
