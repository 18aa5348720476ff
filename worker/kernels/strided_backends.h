// The back ends of StridedKernel, one source file each; strided_kernel.cc chooses among them. Constants.

#pragma once

#include "worker/kernels/strided_kernel.h"

namespace shoal {

extern const StridedFunctions kStridedPortable;
extern const StridedFunctions kStridedAvx2;
extern const StridedFunctions kStridedAvx512;

}  // namespace shoal
