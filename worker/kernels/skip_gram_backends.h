// The back ends of SkipGramKernel, one source file each; skip_gram_kernel.cc chooses among them.

#pragma once

#include "worker/kernels/skip_gram_kernel.h"

namespace shoal {

extern const SkipGramFunctions kSkipGramPortable;
extern const SkipGramFunctions kSkipGramAvx2;
extern const SkipGramFunctions kSkipGramAvx512;

}  // namespace shoal
