// PlainConvolution: the sum that a convolution is, in 64 bits, and its gradients; what kernels are held against.
//
// Activations are [batch, height, width, channels], weights [out, kernel, kernel, in]; padding is kernel / 2.

#pragma once

#include <cstdint>
#include <vector>

#include "common/random.h"

namespace shoal {

// Of [-1, 1).
inline std::vector<float> RandomFloats(int64_t count, uint64_t key) {
  std::vector<float> values(count);
  CounterRandom random(key);
  for (float& value : values) value = 2 * random.NextFloat() - 1;
  return values;
}

struct PlainConvolution {
  int64_t batch, height, width, in, out, kernel = 3, stride = 1;

  int64_t InputFloats() const { return batch * height * width * in; }
  int64_t OutputFloats() const { return batch * (height / stride) * (width / stride) * out; }
  int64_t WeightFloats() const { return out * kernel * kernel * in; }

  std::vector<double> Output(const std::vector<float>& x, const std::vector<float>& weights) const {
    std::vector<double> y(OutputFloats());
    ForEachProduct(
        [&](int64_t to, int64_t from, int64_t weight) { y[to] += static_cast<double>(x[from]) * weights[weight]; });
    return y;
  }
  std::vector<double> InputGradient(const std::vector<float>& dy, const std::vector<float>& weights) const {
    std::vector<double> dx(InputFloats());
    ForEachProduct(
        [&](int64_t to, int64_t from, int64_t weight) { dx[from] += static_cast<double>(dy[to]) * weights[weight]; });
    return dx;
  }
  std::vector<double> WeightGradient(const std::vector<float>& x, const std::vector<float>& dy) const {
    std::vector<double> dw(WeightFloats());
    ForEachProduct(
        [&](int64_t to, int64_t from, int64_t weight) { dw[weight] += static_cast<double>(dy[to]) * x[from]; });
    return dw;
  }

 private:
  // Calls visit(float of the output, float of the input, float of the weights) for all that is multiplied.
  template <typename Visit>
  void ForEachProduct(const Visit& visit) const {
    const int64_t rows = height / stride, columns = width / stride, places = kernel * kernel;
    for (int64_t to = 0; to < batch * rows * columns; ++to) {
      const int64_t n = to / columns / rows, row = to / columns % rows, column = to % columns;
      for (int64_t place = 0; place < places; ++place) {
        const int64_t from_row = stride * row + place / kernel - kernel / 2;
        const int64_t from_column = stride * column + place % kernel - kernel / 2;
        if (from_row < 0 || from_row >= height || from_column < 0 || from_column >= width) continue;
        const int64_t from = (n * height + from_row) * width + from_column;
        for (int64_t o = 0; o < out; ++o) {
          for (int64_t i = 0; i < in; ++i) visit(to * out + o, from * in + i, (o * places + place) * in + i);
        }
      }
    }
  }
};

}  // namespace shoal
