#include "worker/kernels/skip_gram_kernel.h"

#include "worker/kernels/skip_gram_backends.h"

namespace shoal {
namespace {

int WidthIndex(int dim) {
  int index = 0;
  while (index < SkipGramFunctions::kWidths && SkipGramFunctions::kDims[index] != dim) ++index;
  return index;
}

}  // namespace

SkipGramKernel::SkipGramKernel(int dim, SimdBackend backend)
    : functions_(&Choose<kSkipGramAvx512, kSkipGramAvx2, kSkipGramPortable>(backend)),
      train_(functions_->train[WidthIndex(dim)]),
      dim_(dim) {}

}  // namespace shoal
