// The passes of batch normalisation, written once over a Simd type (simd_avx2.h and its siblings), instantiated by each
// back end.
//
// The channels are walked in tiles of a few vectors whose coefficients and sums stay in registers while the rows pass;
// rows come in blocks that a first-level cache holds, so that a later tile finds its neighbours' lines there.
//
// Included by back ends only. Everything is force-inlined into the functions of the table.

#pragma once

#include <algorithm>

#include "worker/kernels/batch_norm_kernel.h"
#include "worker/kernels/lanes.h"

namespace shoal {

template <typename Simd>
class BatchNormBody {
 public:
  static constexpr BatchNormFunctions Functions() {
    return {.statistics = &Statistics, .apply = &Apply, .gradient_sums = &GradientSums, .gradient = &Gradient};
  }

 private:
  static constexpr int64_t kBlockRows = BatchNormFunctions::kRowsPerSum;

  // A vector of one, for the channels that are left over.
  struct One {
    using Vector = float;
    static constexpr int kWidth = 1;
    static SHOAL_INLINE Vector Zero() { return 0; }
    static SHOAL_INLINE Vector Load(const float* from) { return *from; }
    static SHOAL_INLINE void Store(float* to, Vector v) { *to = v; }
    static SHOAL_INLINE Vector MultiplyAdd(Vector a, Vector b, Vector c) { return a * b + c; }
  };

  template <typename S, int vectors>
  struct Tile {
    using Vector = typename S::Vector;
    static constexpr int kChannels = vectors * S::kWidth;
    Vector v[vectors];

    static SHOAL_INLINE Tile Load(const float* from) {
      Tile tile;
#pragma GCC unroll 4
      for (int i = 0; i < vectors; ++i) tile.v[i] = S::Load(from + i * S::kWidth);
      return tile;
    }
    static SHOAL_INLINE Tile Zero() {
      Tile tile;
#pragma GCC unroll 4
      for (int i = 0; i < vectors; ++i) tile.v[i] = S::Zero();
      return tile;
    }
    SHOAL_INLINE void Store(float* to) const {
#pragma GCC unroll 4
      for (int i = 0; i < vectors; ++i) S::Store(to + i * S::kWidth, v[i]);
    }
    SHOAL_INLINE void AddTo(double* sums) const {
      alignas(64) float values[kChannels];
      Store(values);
      for (int i = 0; i < kChannels; ++i) sums[i] += values[i];
    }
    SHOAL_INLINE Tile Minus(const Tile& other) const {
      Tile tile;
#pragma GCC unroll 4
      for (int i = 0; i < vectors; ++i) tile.v[i] = v[i] - other.v[i];
      return tile;
    }
    SHOAL_INLINE Tile Plus(const Tile& other) const {
      Tile tile;
#pragma GCC unroll 4
      for (int i = 0; i < vectors; ++i) tile.v[i] = v[i] + other.v[i];
      return tile;
    }
    // this * factor + addend.
    SHOAL_INLINE Tile MultiplyAdd(const Tile& factor, const Tile& addend) const {
      Tile tile;
#pragma GCC unroll 4
      for (int i = 0; i < vectors; ++i) tile.v[i] = S::MultiplyAdd(v[i], factor.v[i], addend.v[i]);
      return tile;
    }
    // This where `y` is positive, else 0.
    SHOAL_INLINE Tile Where(const Tile& y) const {
      Tile tile;
#pragma GCC unroll 4
      for (int i = 0; i < vectors; ++i) tile.v[i] = y.v[i] > S::Zero() ? v[i] : S::Zero();
      return tile;
    }
  };

  // Calls work.template Run<Tile>(first_row, rows, channel) for every block of rows and tile of channels.
  template <typename Work>
  static SHOAL_INLINE void ForTiles(int64_t rows, int64_t channels, const Work& work) {
    for (int64_t row = 0; row < rows; row += kBlockRows) {
      const int64_t count = std::min(kBlockRows, rows - row);
      int64_t c = 0;
      for (; c + 4 * Simd::kWidth <= channels; c += 4 * Simd::kWidth) work.template Run<Tile<Simd, 4>>(row, count, c);
      for (; c + Simd::kWidth <= channels; c += Simd::kWidth) work.template Run<Tile<Simd, 1>>(row, count, c);
      for (; c < channels; ++c) work.template Run<Tile<One, 1>>(row, count, c);
    }
  }

  struct StatisticsWork {
    const float* x;
    int64_t channels;
    const float* shift;
    double *sums, *squares;

    template <typename T>
    SHOAL_INLINE void Run(int64_t first, int64_t count, int64_t c) const {
      const T base = T::Load(shift + c);
      T sum = T::Zero(), square = T::Zero();
      const float* at = x + first * channels + c;
      for (int64_t i = 0; i < count; ++i, at += channels) {
        const T value = T::Load(at).Minus(base);
        sum = sum.Plus(value);
        square = value.MultiplyAdd(value, square);
      }
      sum.AddTo(sums + c);
      square.AddTo(squares + c);
    }
  };
  static void Statistics(const float* x, int64_t rows, int64_t channels, const float* shift, double* sums,
                         double* squares) {
    ForTiles(rows, channels, StatisticsWork{x, channels, shift, sums, squares});
  }

  template <bool add, bool rectify>
  struct ApplyWork {
    const float *x, *shortcut;
    int64_t channels;
    const float *scale, *offset;
    float* y;

    template <typename T>
    SHOAL_INLINE void Run(int64_t first, int64_t count, int64_t c) const {
      const T factor = T::Load(scale + c), addend = T::Load(offset + c);
      int64_t at = first * channels + c;
      for (int64_t i = 0; i < count; ++i, at += channels) {
        T z = T::Load(x + at).MultiplyAdd(factor, addend);
        if constexpr (add) z = z.Plus(T::Load(shortcut + at));
        if constexpr (rectify) z = z.Where(z);
        z.Store(y + at);
      }
    }
  };
  static void Apply(const float* x, const float* shortcut, int64_t rows, int64_t channels, const float* scale,
                    const float* offset, bool rectify, float* y) {
    const auto apply = [&]<bool add, bool relu>() {
      ForTiles(rows, channels, ApplyWork<add, relu>{x, shortcut, channels, scale, offset, y});
    };
    if (shortcut != nullptr) {
      rectify ? apply.template operator()<true, true>() : apply.template operator()<true, false>();
    } else {
      rectify ? apply.template operator()<false, true>() : apply.template operator()<false, false>();
    }
  }

  template <bool rectified, bool keep>
  struct GradientSumsWork {
    const float *dy, *y, *x;
    int64_t channels;
    const float* mean;
    double *sums, *products;
    float* dz;

    template <typename T>
    SHOAL_INLINE void Run(int64_t first, int64_t count, int64_t c) const {
      const T centre = T::Load(mean + c);
      T sum = T::Zero(), product = T::Zero();
      int64_t at = first * channels + c;
      for (int64_t i = 0; i < count; ++i, at += channels) {
        T gradient = T::Load(dy + at);
        if constexpr (rectified) gradient = gradient.Where(T::Load(y + at));
        if constexpr (keep) gradient.Store(dz + at);
        sum = sum.Plus(gradient);
        product = gradient.MultiplyAdd(T::Load(x + at).Minus(centre), product);
      }
      sum.AddTo(sums + c);
      product.AddTo(products + c);
    }
  };
  static void GradientSums(const float* dy, const float* y, const float* x, int64_t rows, int64_t channels,
                           const float* mean, double* sums, double* products, float* dz) {
    const auto add = [&]<bool rectified, bool keep>() {
      ForTiles(rows, channels, GradientSumsWork<rectified, keep>{dy, y, x, channels, mean, sums, products, dz});
    };
    if (y != nullptr) {
      dz != nullptr ? add.template operator()<true, true>() : add.template operator()<true, false>();
    } else {
      dz != nullptr ? add.template operator()<false, true>() : add.template operator()<false, false>();
    }
  }

  template <bool rectified>
  struct GradientWork {
    const float *dy, *y, *x;
    int64_t channels;
    const float *mean, *a, *b, *c;
    float* dx;

    template <typename T>
    SHOAL_INLINE void Run(int64_t first, int64_t count, int64_t channel) const {
      const T centre = T::Load(mean + channel), of_dz = T::Load(a + channel), of_x = T::Load(b + channel),
              constant = T::Load(c + channel);
      int64_t at = first * channels + channel;
      for (int64_t i = 0; i < count; ++i, at += channels) {
        T gradient = T::Load(dy + at);
        if constexpr (rectified) gradient = gradient.Where(T::Load(y + at));
        const T linear = T::Load(x + at).Minus(centre).MultiplyAdd(of_x, constant);
        gradient.MultiplyAdd(of_dz, linear).Store(dx + at);
      }
    }
  };
  static void Gradient(const float* dy, const float* y, const float* x, int64_t rows, int64_t channels,
                       const float* mean, const float* a, const float* b, const float* c, float* dx) {
    if (y != nullptr) {
      ForTiles(rows, channels, GradientWork<true>{dy, y, x, channels, mean, a, b, c, dx});
    } else {
      ForTiles(rows, channels, GradientWork<false>{dy, y, x, channels, mean, a, b, c, dx});
    }
  }
};

}  // namespace shoal
