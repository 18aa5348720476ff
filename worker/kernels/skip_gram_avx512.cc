#include "worker/kernels/simd_avx512.h"
#include "worker/kernels/skip_gram_backends.h"
#include "worker/kernels/skip_gram_body.h"

namespace shoal {

constinit const SkipGramFunctions kSkipGramAvx512 = SkipGramBody<SimdAvx512>::Functions();

}  // namespace shoal
