#include "worker/augment/pixel_kernels_body.h"
#include "worker/augment/simd_pixels_portable.h"

namespace shoal {

constinit const PixelFunctions kPixelsPortable = PixelBody<SimdPixelsPortable>::Functions();

}  // namespace shoal
