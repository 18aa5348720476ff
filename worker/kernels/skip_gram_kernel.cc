#include "worker/kernels/skip_gram_kernel.h"

#include "worker/kernels/skip_gram_backends.h"

namespace shoal {
namespace {

const SkipGramFunctions& FunctionsOf(SimdBackend backend) {
  switch (backend) {
#if defined(__x86_64__)
    case SimdBackend::kAvx512:
      return kSkipGramAvx512;
    case SimdBackend::kAvx2:
      return kSkipGramAvx2;
#endif
    default:
      return kSkipGramPortable;
  }
}

int WidthIndex(int dim) {
  int index = 0;
  while (index < SkipGramFunctions::kWidths && SkipGramFunctions::kDims[index] != dim) ++index;
  return index;
}

}  // namespace

SkipGramKernel::SkipGramKernel(int dim, SimdBackend backend)
    : functions_(&FunctionsOf(backend)), train_(functions_->train[WidthIndex(dim)]), dim_(dim) {}

}  // namespace shoal
