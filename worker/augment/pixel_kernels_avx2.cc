#include "worker/augment/pixel_kernels_body.h"
#include "worker/augment/simd_pixels_avx2.h"

namespace shoal {

constinit const PixelFunctions kPixelsAvx2 = PixelBody<SimdPixelsAvx2>::Functions();

}  // namespace shoal
