#include "worker/kernels/winograd_kernel.h"

#include "worker/kernels/winograd_backends.h"

namespace shoal {
namespace {

// The paper's G: weights of 3 to places of 4.
constexpr float kG[4][3] = {{1, 0, 0}, {0.5f, 0.5f, 0.5f}, {0.5f, -0.5f, 0.5f}, {0, 0, 1}};

// G w G^T, `w` [3, 3] with its rows `stride` apart, into 16 places.
void TransformOne(const float (&w)[3][3], float (&places)[4][4]) {
  float rows[4][3];
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 3; ++j) rows[i][j] = kG[i][0] * w[0][j] + kG[i][1] * w[1][j] + kG[i][2] * w[2][j];
  }
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) places[i][j] = rows[i][0] * kG[j][0] + rows[i][1] * kG[j][1] + rows[i][2] * kG[j][2];
  }
}

// Of a weight tensor [out, 3, 3, in], what stands for output o and input i.
struct Weights {
  const float* floats;
  int64_t in;
  void Read(int64_t o, int64_t i, bool turned, float (&w)[3][3]) const {
    for (int row = 0; row < 3; ++row) {
      for (int column = 0; column < 3; ++column) {
        const int place = turned ? 8 - (3 * row + column) : 3 * row + column;
        w[row][column] = floats[(o * 9 + place) * in + i];
      }
    }
  }
};

// Where the weight from input i to output o lies among `outs` outputs and `ins` inputs: [outs / 16, ins, 16].
int64_t PlaceIn(int64_t ins, int64_t i, int64_t o) {
  constexpr int64_t kGroup = WinogradShape::kChannelGroup;
  return (o / kGroup * ins + i) * kGroup + o % kGroup;
}

// Where turned, inputs count as outputs and outputs as inputs.
void Transform(const WinogradShape& shape, const float* weights, bool turned, float* transformed) {
  const Weights from{weights, shape.in};
  for (int64_t o = 0; o < shape.out; ++o) {
    for (int64_t i = 0; i < shape.in; ++i) {
      float w[3][3], places[4][4];
      from.Read(o, i, turned, w);
      TransformOne(w, places);
      const int64_t at = turned ? PlaceIn(shape.out, o, i) : PlaceIn(shape.in, i, o);
      for (int place = 0; place < 16; ++place) {
        transformed[place * shape.in * shape.out + at] = places[place / 4][place % 4];
      }
    }
  }
}

}  // namespace

void TransformWeights(const WinogradShape& shape, const float* weights, float* transformed) {
  Transform(shape, weights, /*turned=*/false, transformed);
}

void TransformTurnedWeights(const WinogradShape& shape, const float* weights, float* transformed) {
  Transform(shape, weights, /*turned=*/true, transformed);
}

// G^T m G for each pair of channels.
void GradientOfWeights(const WinogradShape& shape, const float* transformed, float* gradient) {
  for (int64_t o = 0; o < shape.out; ++o) {
    for (int64_t i = 0; i < shape.in; ++i) {
      float rows[3][4] = {};
      for (int place = 0; place < 16; ++place) {
        const float m = transformed[place * shape.in * shape.out + PlaceIn(shape.in, i, o)];
        for (int row = 0; row < 3; ++row) rows[row][place % 4] += kG[place / 4][row] * m;
      }
      for (int row = 0; row < 3; ++row) {
        for (int column = 0; column < 3; ++column) {
          float sum = 0;
          for (int k = 0; k < 4; ++k) sum += rows[row][k] * kG[k][column];
          gradient[(o * 9 + 3 * row + column) * shape.in + i] = sum;
        }
      }
    }
  }
}

const WinogradFunctions& WinogradKernel(SimdBackend backend) {
  switch (backend) {
#if defined(__x86_64__)
    case SimdBackend::kAvx512:
      return kWinogradAvx512;
    case SimdBackend::kAvx2:
      return kWinogradAvx2;
#endif
    default:
      return kWinogradPortable;
  }
}

}  // namespace shoal
