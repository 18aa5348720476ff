#include "worker/kernels/strided_kernel.h"

#include "worker/kernels/grouped_weights.h"
#include "worker/kernels/strided_backends.h"

namespace shoal {
void PackWeights(const StridedShape& shape, const float* weights, float* packed) {
  GroupOutputs(weights, shape.out, shape.kernel * shape.LineFloats(), packed);
}

void PackTurnedWeights(const StridedShape& shape, const float* weights, float* packed) {
  const int64_t places = shape.kernel * shape.kernel;
  for (int64_t group = 0; group < shape.in; group += kWeightGroup) {
    for (int64_t place = 0; place < places; ++place) {
      for (int64_t o = 0; o < shape.out; ++o) {
        packed = std::copy_n(weights + (o * places + place) * shape.in + group, kWeightGroup, packed);
      }
    }
  }
}

void UnpackGradient(const StridedShape& shape, const float* packed, float* gradient) {
  UngroupOutputs(packed, shape.out, shape.kernel * shape.LineFloats(), gradient);
}

const StridedFunctions& StridedKernel(SimdBackend backend) {
  return Choose<kStridedAvx512, kStridedAvx2, kStridedPortable>(backend);
}

}  // namespace shoal
