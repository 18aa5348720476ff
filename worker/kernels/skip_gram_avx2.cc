#include "worker/kernels/simd_avx2.h"
#include "worker/kernels/skip_gram_backends.h"
#include "worker/kernels/skip_gram_body.h"

namespace shoal {

constinit const SkipGramFunctions kSkipGramAvx2 = SkipGramBody<SimdAvx2>::Functions();

}  // namespace shoal
