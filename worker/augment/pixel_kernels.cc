#include "worker/augment/pixel_kernels.h"

namespace shoal {

const PixelFunctions& PixelFunctionsOf(SimdBackend backend) {
  switch (backend) {
#if defined(__x86_64__)
    case SimdBackend::kAvx512:
      return kPixelsAvx512;
    case SimdBackend::kAvx2:
      return kPixelsAvx2;
#endif
    default:
      return kPixelsPortable;
  }
}

}  // namespace shoal
