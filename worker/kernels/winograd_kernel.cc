#include "worker/kernels/winograd_kernel.h"

#include <vector>

#include "worker/kernels/lanes.h"
#include "worker/kernels/winograd_backends.h"

namespace shoal {
namespace {

// The weights of 16 channels beside each other.
using Group = float __attribute__((vector_size(sizeof(float) * kWeightGroup)));
using UnalignedGroup = float __attribute__((vector_size(sizeof(float) * kWeightGroup), aligned(4), may_alias));

SHOAL_INLINE Group Load(const float* from) { return *reinterpret_cast<const UnalignedGroup*>(from); }
SHOAL_INLINE void Store(Group group, float* to) { *reinterpret_cast<UnalignedGroup*>(to) = group; }

// The paper's G = (1 0 0, 1/2 1/2 1/2, 1/2 -1/2 1/2, 0 0 1) over a column of three.
SHOAL_INLINE void TransformColumn(const Group (&w)[3], Group (&to)[4]) {
  const Group outer = 0.5f * (w[0] + w[2]), inner = 0.5f * w[1];
  to[0] = w[0];
  to[1] = outer + inner;
  to[2] = outer - inner;
  to[3] = w[2];
}

// G^T over a column of four.
SHOAL_INLINE void GradientOfColumn(const Group (&m)[4], Group (&to)[3]) {
  const Group sum = 0.5f * (m[1] + m[2]);
  to[0] = m[0] + sum;
  to[1] = 0.5f * (m[1] - m[2]);
  to[2] = sum + m[3];
}

// G w G^T: from the kernel's nine places, `step` floats apart, to 16 that are `place_step` apart.
void TransformGroup(const float* w, int64_t step, float* to, int64_t place_step) {
  Group columns[3][4];
  for (int j = 0; j < 3; ++j) {
    TransformColumn({Load(w + j * step), Load(w + (3 + j) * step), Load(w + (6 + j) * step)}, columns[j]);
  }
  for (int i = 0; i < 4; ++i) {
    Group row[4];
    TransformColumn({columns[0][i], columns[1][i], columns[2][i]}, row);
    for (int j = 0; j < 4; ++j) Store(row[j], to + (4 * i + j) * place_step);
  }
}

// G^T m G, the way back.
void GradientOfGroup(const float* m, int64_t place_step, float* to, int64_t step) {
  Group columns[4][3];
  for (int j = 0; j < 4; ++j) {
    const auto at = [&](int i) { return Load(m + (4 * i + j) * place_step); };
    GradientOfColumn({at(0), at(1), at(2), at(3)}, columns[j]);
  }
  for (int i = 0; i < 3; ++i) {
    Group row[3];
    GradientOfColumn({columns[0][i], columns[1][i], columns[2][i], columns[3][i]}, row);
    for (int j = 0; j < 3; ++j) Store(row[j], to + (3 * i + j) * step);
  }
}

}  // namespace

void TransformWeights(const WinogradShape& shape, const float* weights, float* transformed) {
  const int64_t floats = 9 * shape.in, step = shape.in * kWeightGroup;
  std::vector<float> grouped(floats * kWeightGroup);
  for (int64_t o = 0; o < shape.out; o += kWeightGroup) {
    GroupOutputs(weights + o * floats, kWeightGroup, floats, grouped.data());
    for (int64_t i = 0; i < shape.in; ++i) {
      TransformGroup(grouped.data() + i * kWeightGroup, step, transformed + o * shape.in + i * kWeightGroup,
                     shape.in * shape.out);
    }
  }
}

// To turn the kernel is to go through its places backwards.
void TransformTurnedWeights(const WinogradShape& shape, const float* weights, float* transformed) {
  for (int64_t i = 0; i < shape.in; i += kWeightGroup) {
    for (int64_t o = 0; o < shape.out; ++o) {
      TransformGroup(weights + (9 * o + 8) * shape.in + i, -shape.in, transformed + i * shape.out + o * kWeightGroup,
                     shape.in * shape.out);
    }
  }
}

void GradientOfWeights(const WinogradShape& shape, const float* transformed, float* gradient) {
  const int64_t floats = 9 * shape.in, step = shape.in * kWeightGroup;
  std::vector<float> grouped(floats * kWeightGroup);
  for (int64_t o = 0; o < shape.out; o += kWeightGroup) {
    for (int64_t i = 0; i < shape.in; ++i) {
      GradientOfGroup(transformed + o * shape.in + i * kWeightGroup, shape.in * shape.out,
                      grouped.data() + i * kWeightGroup, step);
    }
    UngroupOutputs(grouped.data(), kWeightGroup, floats, gradient + o * floats);
  }
}

const WinogradFunctions& WinogradKernel(SimdBackend backend) {
  return Choose<kWinogradAvx512, kWinogradAvx2, kWinogradPortable>(backend);
}

}  // namespace shoal
