// The back ends of WinogradKernel, one source file each; winograd_kernel.cc chooses among them. Constants.

#pragma once

#include "worker/kernels/winograd_kernel.h"

namespace shoal {

extern const WinogradFunctions kWinogradPortable;
extern const WinogradFunctions kWinogradAvx2;
extern const WinogradFunctions kWinogradAvx512;

}  // namespace shoal
