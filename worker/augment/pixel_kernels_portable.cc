#include "worker/augment/pixel_kernels_body.h"

namespace shoal {

constinit const PixelFunctions kPixelsPortable = PixelBody<SimdBackend::kPortable>::Functions();

}  // namespace shoal
