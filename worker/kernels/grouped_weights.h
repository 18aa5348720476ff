// GroupOutputs: weights as the convolutions' kernels read them, 16 outputs beside each other.
//
// Thread rule: pure functions of their arguments; safe from any thread.

#pragma once

#include <cstdint>

namespace shoal {

inline constexpr int64_t kWeightGroup = 16;

// Of each output its weights, [outs, floats], into [outs / 16, floats, 16].
void GroupOutputs(const float* weights, int64_t outs, int64_t floats, float* grouped);
// The way back.
void UngroupOutputs(const float* grouped, int64_t outs, int64_t floats, float* weights);

}  // namespace shoal
