// The back ends of BatchNormKernel, one source file each; batch_norm_kernel.cc chooses among them. Constants.

#pragma once

#include "worker/kernels/batch_norm_kernel.h"

namespace shoal {

extern const BatchNormFunctions kBatchNormPortable;
extern const BatchNormFunctions kBatchNormAvx2;
extern const BatchNormFunctions kBatchNormAvx512;

}  // namespace shoal
