#include "worker/kernels/grouped_weights.h"

namespace shoal {

void GroupOutputs(const float* weights, int64_t outs, int64_t floats, float* grouped) {
  for (int64_t first = 0; first < outs; first += kWeightGroup) {
    const float* const from = weights + first * floats;
    for (int64_t at = 0; at < floats; ++at) {
      for (int64_t lane = 0; lane < kWeightGroup; ++lane) *grouped++ = from[lane * floats + at];
    }
  }
}

void UngroupOutputs(const float* grouped, int64_t outs, int64_t floats, float* weights) {
  for (int64_t first = 0; first < outs; first += kWeightGroup) {
    float* const to = weights + first * floats;
    for (int64_t at = 0; at < floats; ++at) {
      for (int64_t lane = 0; lane < kWeightGroup; ++lane) to[lane * floats + at] = *grouped++;
    }
  }
}

}  // namespace shoal
