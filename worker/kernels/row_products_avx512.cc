#include "worker/kernels/row_products_backends.h"
#include "worker/kernels/row_products_body.h"
#include "worker/kernels/simd_avx512.h"

namespace shoal {

constinit const RowProductsFunctions kRowProductsAvx512 = RowProductsBody<SimdAvx512>::Functions();

}  // namespace shoal
