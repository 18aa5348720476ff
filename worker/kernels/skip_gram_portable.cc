#include "worker/kernels/simd_portable.h"
#include "worker/kernels/skip_gram_backends.h"
#include "worker/kernels/skip_gram_body.h"

namespace shoal {

constinit const SkipGramFunctions kSkipGramPortable = SkipGramBody<SimdPortable>::Functions();

}  // namespace shoal
