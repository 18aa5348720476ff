#include "worker/augment/pixel_kernels_body.h"

namespace shoal {

constinit const PixelFunctions kPixelsAvx2 = PixelBody<SimdBackend::kAvx2>::Functions();

}  // namespace shoal
