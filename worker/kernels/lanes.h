// Lanes: eight floats in compiler vector types, and the functions of a logit that the kernels need.
//
// The logits of a context are eight lanes in every back end, so this arithmetic is written once; the compiler lowers
// it to the instructions of the file that includes it. Everything is force-inlined: a copy kept out of line could be
// one with instructions that this CPU lacks.

#pragma once

#include <cstdint>

#define SHOAL_INLINE inline __attribute__((always_inline))

namespace shoal {

inline constexpr int kLanes = 8;
using Lanes = float __attribute__((vector_size(32)));
using LaneInts = int32_t __attribute__((vector_size(32)));
using UnalignedLanes = float __attribute__((vector_size(32), aligned(4), may_alias));

SHOAL_INLINE Lanes LoadLanes(const float* from) { return *reinterpret_cast<const UnalignedLanes*>(from); }
SHOAL_INLINE void StoreLanes(float* to, Lanes lanes) { *reinterpret_cast<UnalignedLanes*>(to) = lanes; }
SHOAL_INLINE Lanes AllLanes(float value) { return Lanes{} + value; }
SHOAL_INLINE LaneInts LaneNumbers(int first) { return LaneInts{0, 1, 2, 3, 4, 5, 6, 7} + first; }

SHOAL_INLINE float SumOfLanes(Lanes v) { return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7])); }

// e^x for x in [-87, 87], relative error below 3e-7 + 1.2e-7 |x|. x outside is clamped.
SHOAL_INLINE Lanes Exp(Lanes x) {
  constexpr float kLimit = 87, kLog2E = 1.44269504f;
  // Adding 1.5 * 2^23 rounds to an integer, and leaves that integer in the low bits of the sum.
  constexpr float kRounder = 12582912;
  x = x > kLimit ? AllLanes(kLimit) : x;
  x = x < -kLimit ? AllLanes(-kLimit) : x;
  const Lanes exponent = x * kLog2E;
  const Lanes rounded = exponent + kRounder;
  const Lanes f = exponent - (rounded - kRounder);
  // 2^f on [-1/2, 1/2]: the polynomial of least relative error (9.2e-8) that is 1 at 0.
  Lanes p = f * 0.0013264727f + 0.00967151276f;
  p = p * f + 0.0555073374f;
  p = p * f + 0.240222421f;
  p = p * f + 0.693146978f;
  p = p * f + 1.0f;
  return reinterpret_cast<Lanes>(reinterpret_cast<LaneInts>(p) + (reinterpret_cast<LaneInts>(rounded) << 23));
}

// 1 / (1 + e^-x), absolute error below 3e-7.
SHOAL_INLINE Lanes Sigmoid(Lanes x) { return 1.0f / (1.0f + Exp(-x)); }

// -log sigmoid(x) = log(1 + e^-x), absolute error below 1e-6.
SHOAL_INLINE Lanes NegativeLogSigmoid(Lanes x) {
  const Lanes magnitude = x < 0 ? -x : x;
  const Lanes e = Exp(-magnitude);
  // log(1 + e) for e in [0, 1] by 2 artanh(s), s = e / (2 + e) <= 1/3.
  const Lanes s = e / (2.0f + e), s2 = s * s;
  Lanes series = s2 * (1.0f / 13) + 1.0f / 11;
  series = series * s2 + 1.0f / 9;
  series = series * s2 + 1.0f / 7;
  series = series * s2 + 1.0f / 5;
  series = series * s2 + 1.0f / 3;
  series = series * s2 + 1.0f;
  return 2.0f * s * series + (x < 0 ? -x : Lanes{});
}

}  // namespace shoal
