#include "worker/augment/pixel_kernels_body.h"
#include "worker/augment/simd_pixels_avx512.h"

namespace shoal {

constinit const PixelFunctions kPixelsAvx512 = PixelBody<SimdPixelsAvx512>::Functions();

}  // namespace shoal
