#include "worker/kernels/strided_kernel.h"

#include "worker/kernels/strided_backends.h"

namespace shoal {
namespace {

constexpr int64_t kGroup = StridedShape::kChannelGroup;

// The places of a 3x3 kernel by which a pixel gets its gradient: in an even row and column by the middle one alone, in
// an odd column by two, in an odd row by two, in both by four, of which two lie under each of two rows of outputs.
constexpr int64_t kTurnedOrder[] = {4, 5, 3, 7, 1, 8, 6, 2, 0};

// Where float `at` of output o's weights lies among packed ones.
int64_t PackedPlace(const StridedShape& shape, int64_t o, int64_t at) {
  return (o / kGroup * (shape.WeightFloats() / shape.out) + at) * kGroup + o % kGroup;
}

}  // namespace

void PackWeights(const StridedShape& shape, const float* weights, float* packed) {
  const int64_t each = shape.WeightFloats() / shape.out;
  for (int64_t o = 0; o < shape.out; ++o) {
    for (int64_t at = 0; at < each; ++at) packed[PackedPlace(shape, o, at)] = weights[o * each + at];
  }
}

void UnpackGradient(const StridedShape& shape, const float* packed, float* gradient) {
  const int64_t each = shape.WeightFloats() / shape.out;
  for (int64_t o = 0; o < shape.out; ++o) {
    for (int64_t at = 0; at < each; ++at) gradient[o * each + at] = packed[PackedPlace(shape, o, at)];
  }
}

void PackTurnedWeights(const StridedShape& shape, const float* weights, float* packed) {
  const int64_t places = shape.kernel * shape.kernel;
  for (int64_t group = 0; group < shape.in / kGroup; ++group) {
    for (int64_t i = 0; i < places; ++i) {
      const int64_t place = shape.kernel == 1 ? 0 : kTurnedOrder[i];
      for (int64_t o = 0; o < shape.out; ++o) {
        packed = std::copy_n(weights + (o * places + place) * shape.in + group * kGroup, kGroup, packed);
      }
    }
  }
}

const StridedFunctions& StridedKernel(SimdBackend backend) {
  switch (backend) {
#if defined(__x86_64__)
    case SimdBackend::kAvx512:
      return kStridedAvx512;
    case SimdBackend::kAvx2:
      return kStridedAvx2;
#endif
    default:
      return kStridedPortable;
  }
}

}  // namespace shoal
