// The back ends of RowProductsKernel, one source file each; row_products_kernel.cc chooses among them. Constants.

#pragma once

#include "worker/kernels/row_products_kernel.h"

namespace shoal {

extern const RowProductsFunctions kRowProductsPortable;
extern const RowProductsFunctions kRowProductsAvx2;
extern const RowProductsFunctions kRowProductsAvx512;

}  // namespace shoal
