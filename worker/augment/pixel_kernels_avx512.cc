#include "worker/augment/pixel_kernels_body.h"

namespace shoal {

constinit const PixelFunctions kPixelsAvx512 = PixelBody<SimdBackend::kAvx512>::Functions();

}  // namespace shoal
