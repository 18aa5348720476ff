#include "worker/kernels/row_products_backends.h"
#include "worker/kernels/row_products_body.h"
#include "worker/kernels/simd_portable.h"

namespace shoal {

constinit const RowProductsFunctions kRowProductsPortable = RowProductsBody<SimdPortable>::Functions();

}  // namespace shoal
