#include "worker/kernels/row_products_backends.h"
#include "worker/kernels/row_products_body.h"
#include "worker/kernels/simd_avx2.h"

namespace shoal {

constinit const RowProductsFunctions kRowProductsAvx2 = RowProductsBody<SimdAvx2>::Functions();

}  // namespace shoal
