// Winograd's convolution, written once over a Simd type (simd_avx2.h and its siblings), instantiated by each back end.
//
// A block of tiles is transformed into [channels / 16, place, tile, 16], which stays in the first or second cache; for
// each place a matrix product with a tile of accumulators in registers follows, then the way back. Channels in groups
// of 16 make all strides known to the compiler: with strides of the shape, addresses take the registers that sums
// should have.
//
// Included by back ends only. Everything is force-inlined into the functions of the table.

#pragma once

#include <algorithm>
#include <cstdint>

#include "worker/kernels/grid_cursor.h"
#include "worker/kernels/lanes.h"
#include "worker/kernels/winograd_kernel.h"

namespace shoal {

template <typename Simd>
class WinogradBody {
 public:
  static constexpr WinogradFunctions Functions() { return {.forward = &Forward, .weight_gradient = &WeightGradient}; }

 private:
  using Vector = typename Simd::Vector;
  static constexpr int64_t kGroup = kWeightGroup;
  static constexpr int64_t kPlaces = WinogradShape::kPlaces;
  static constexpr int64_t kTiles = WinogradShape::kTilesPerBlock;
  static constexpr int kWidth = Simd::kWidth;
  // A matrix product's register tile: rows x vectors sums, with a register for each vector and one to spare. A group of
  // channels is a vector or several; where it is one, two groups go together.
  static constexpr int kGroupVectors = static_cast<int>(kGroup) / kWidth;
  static constexpr bool kManyRegisters = Simd::kRegisters >= 32;
  // More rows than these gain nothing, and the compiler runs out of registers.
  template <int groups>
  static constexpr int kTileRows = kManyRegisters       ? (groups == 2 ? 8 : 12)
                                   : kGroupVectors == 2 ? 6
                                                        : 3;
  template <int groups>
  static constexpr int kChannelRows = kManyRegisters       ? 16 / groups
                                      : kGroupVectors == 2 ? 4
                                                           : 2;

  // Floats of one group of channels of a block.
  static constexpr int64_t kBlock = kPlaces * kTiles * kGroup;

  // sums[i][j] += sum over r of a[i * row + r * step] * b[j][r * kGroup].
  template <int rows, int vectors, int64_t row, int64_t step>
  static SHOAL_INLINE void MultiplyInto(Vector (&sums)[rows][vectors], const float* a, const float* const (&b)[vectors],
                                        int64_t depth) {
    for (int64_t r = 0; r < depth; ++r) {
      Vector of_b[vectors];
#pragma GCC unroll 4
      for (int j = 0; j < vectors; ++j) of_b[j] = Simd::LoadOnce(b[j] + r * kGroup);
#pragma GCC unroll 24
      for (int i = 0; i < rows; ++i) {
        const Vector of_a = Simd::All(a[i * row + r * step]);
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j) sums[i][j] = Simd::MultiplyAdd(of_a, of_b[j], sums[i][j]);
      }
    }
  }

  // Where the vectors of `groups` groups begin, a group `stride` after the other.
  template <int groups, typename Float>
  struct Vectors {
    static constexpr int kCount = groups * kGroupVectors;
    Float* at[kCount];
    SHOAL_INLINE Vectors(Float* first, int64_t stride) {
#pragma GCC unroll 4
      for (int j = 0; j < kCount; ++j) at[j] = first + j / kGroupVectors * stride + j % kGroupVectors * kWidth;
    }
  };

  // Of one place and `groups` groups of outputs: m [tile, 16] = v [tile, in] x weights [in, 16].
  template <int groups>
  static SHOAL_INLINE void MultiplyTiles(const float* v, const float* weights, int64_t in, float* m) {
    constexpr int rows = kTileRows<groups>, vectors = groups * kGroupVectors;
    static_assert(kTiles % rows == 0);
    for (int64_t first = 0; first < kTiles; first += rows) {
      Vector sums[rows][vectors];
#pragma GCC unroll 24
      for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j) sums[i][j] = Simd::Zero();
      }
      for (int64_t group = 0; group < in / kGroup; ++group) {
        const Vectors<groups, const float> b(weights + group * kGroup * kGroup, in * kGroup);
        MultiplyInto<rows, vectors, kGroup, 1>(sums, v + group * kBlock + first * kGroup, b.at, kGroup);
      }
      const Vectors<groups, float> to(m + first * kGroup, kBlock);
#pragma GCC unroll 24
      for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j) Simd::Store(to.at[j] + i * kGroup, sums[i][j]);
      }
    }
  }

  // Of one place, one group of inputs and `groups` groups of outputs: gradient [16, 16] += v [tile, 16]^T x z [tile,
  // 16]. Groups of the gradient lie `stride` apart.
  template <int groups>
  static SHOAL_INLINE void AddProductOfTiles(const float* v, const float* z, int64_t tiles, float* gradient,
                                             int64_t stride) {
    constexpr int rows = kChannelRows<groups>, vectors = groups * kGroupVectors;
    static_assert(kGroup % rows == 0);
    for (int64_t first = 0; first < kGroup; first += rows) {
      const Vectors<groups, float> to(gradient + first * kGroup, stride);
      Vector sums[rows][vectors];
#pragma GCC unroll 24
      for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j) sums[i][j] = Simd::Load(to.at[j] + i * kGroup);
      }
      const Vectors<groups, const float> b(z, kBlock);
      MultiplyInto<rows, vectors, 1, kGroup>(sums, v + first, b.at, tiles);
#pragma GCC unroll 24
      for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 4
        for (int j = 0; j < vectors; ++j) Simd::Store(to.at[j] + i * kGroup, sums[i][j]);
      }
    }
  }

  // Calls work.template Run<groups>(group) over the groups of `channels`, two at a time where a group is one vector.
  template <typename Work>
  static SHOAL_INLINE void ForGroups(int64_t channels, const Work& work) {
    int64_t group = 0;
    if constexpr (kGroupVectors == 1) {
      for (; group + 2 <= channels / kGroup; group += 2) work.template operator()<2>(group);
    }
    for (; group < channels / kGroup; ++group) work.template operator()<1>(group);
  }

  // Over the tiles: a tile is 2x2 outputs.
  static SHOAL_INLINE GridCursor Tiles(const WinogradShape& shape) { return {shape.height / 2, shape.width / 2}; }
  static int64_t TilesOf(const WinogradShape& shape) { return shape.batch * (shape.height / 2) * (shape.width / 2); }
  // The tile's first pixel, counted through all pictures.
  static SHOAL_INLINE int64_t PixelOf(const WinogradShape& shape, const GridCursor& tile) {
    return 2 * tile.line * shape.width + 2 * tile.column;
  }

  // B^T d over a line of four.
  static SHOAL_INLINE void InputLine(Vector* d, int step) {
    const Vector d0 = d[0] - d[2 * step], d1 = d[step] + d[2 * step], d2 = d[2 * step] - d[step],
                 d3 = d[step] - d[3 * step];
    d[0] = d0;
    d[step] = d1;
    d[2 * step] = d2;
    d[3 * step] = d3;
  }

  // B^T d B of a tile whose four lines begin at `lines`, and which has a first or last column inside of the picture.
  template <bool has_first, bool has_last>
  static SHOAL_INLINE void TransformInput(const float* const (&lines)[4], int64_t channels, float* v) {
    for (int64_t c = 0; c < channels; c += kWidth) {
      Vector d[kPlaces];
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) {
        const float* const line = lines[i] + c;
        d[4 * i] = has_first ? Simd::Load(line) : Simd::Zero();
        d[4 * i + 1] = Simd::Load(line + channels);
        d[4 * i + 2] = Simd::Load(line + 2 * channels);
        d[4 * i + 3] = has_last ? Simd::Load(line + 3 * channels) : Simd::Zero();
      }
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) InputLine(d + i, 4);
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) InputLine(d + 4 * i, 1);
      float* const to = v + c / kGroup * kBlock + c % kGroup;
#pragma GCC unroll 16
      for (int place = 0; place < kPlaces; ++place) Simd::Store(to + place * kTiles * kGroup, d[place]);
    }
  }

  // `count` tiles from `tile` on into v [in / 16, place, tile, 16].
  static SHOAL_INLINE void TransformInputs(const WinogradShape& shape, GridCursor* tile, int64_t count, const float* x,
                                           float* v) {
    alignas(64) static constexpr float kZeros[4 * WinogradShape::kMaxChannels] = {};
    for (int64_t t = 0; t < count; ++t, tile->Next()) {
      const float* lines[4];
      for (int64_t i = 0; i < 4; ++i) {
        const int64_t row = 2 * tile->row + i - 1;
        const bool inside = row >= 0 && row < shape.height;
        lines[i] = inside ? x + (PixelOf(shape, *tile) + (i - 1) * shape.width - 1) * shape.in : kZeros;
      }
      float* const to = v + t * kGroup;
      const bool has_first = tile->column > 0, has_last = tile->column + 1 < tile->columns;
      if (has_first) {
        has_last ? TransformInput<true, true>(lines, shape.in, to) : TransformInput<true, false>(lines, shape.in, to);
      } else {
        has_last ? TransformInput<false, true>(lines, shape.in, to) : TransformInput<false, false>(lines, shape.in, to);
      }
    }
  }

  // A^T m A: 16 places back into 2x2 outputs.
  static SHOAL_INLINE void TransformOutputs(const WinogradShape& shape, GridCursor* tile, int64_t count, const float* m,
                                            float* y) {
    const int64_t channels = shape.out, line = shape.width * channels;
    for (int64_t t = 0; t < count; ++t, tile->Next()) {
      float* const to = y + PixelOf(shape, *tile) * channels;
      for (int64_t c = 0; c < channels; c += kWidth) {
        const float* const from = m + c / kGroup * kBlock + t * kGroup + c % kGroup;
        Vector top[4], bottom[4];
#pragma GCC unroll 4
        for (int j = 0; j < 4; ++j) {
          const auto at = [&](int i) __attribute__((always_inline)) {
            return Simd::Load(from + (4 * i + j) * kTiles * kGroup);
          };
          const Vector m1 = at(1), m2 = at(2);
          top[j] = at(0) + m1 + m2;
          bottom[j] = m1 - m2 - at(3);
        }
        Simd::Store(to + c, top[0] + top[1] + top[2]);
        Simd::Store(to + channels + c, top[1] - top[2] - top[3]);
        Simd::Store(to + line + c, bottom[0] + bottom[1] + bottom[2]);
        Simd::Store(to + line + channels + c, bottom[1] - bottom[2] - bottom[3]);
      }
    }
  }

  // A dy A^T: 2x2 gradients into z [out / 16, place, tile, 16].
  static SHOAL_INLINE void TransformGradients(const WinogradShape& shape, GridCursor* tile, int64_t count,
                                              const float* dy, float* z) {
    const int64_t channels = shape.out, line = shape.width * channels;
    for (int64_t t = 0; t < count; ++t, tile->Next()) {
      const float* const from = dy + PixelOf(shape, *tile) * channels;
      for (int64_t c = 0; c < channels; c += kWidth) {
        const Vector a = Simd::Load(from + c), b = Simd::Load(from + channels + c), d = Simd::Load(from + line + c),
                     e = Simd::Load(from + line + channels + c);
        const Vector left[4] = {a, a + d, a - d, Simd::Zero() - d}, right[4] = {b, b + e, b - e, Simd::Zero() - e};
        float* const to = z + c / kGroup * kBlock + t * kGroup + c % kGroup;
        constexpr int64_t kStep = kTiles * kGroup;
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) {
          Simd::Store(to + 4 * i * kStep, left[i]);
          Simd::Store(to + (4 * i + 1) * kStep, left[i] + right[i]);
          Simd::Store(to + (4 * i + 2) * kStep, left[i] - right[i]);
          Simd::Store(to + (4 * i + 3) * kStep, Simd::Zero() - right[i]);
        }
      }
    }
  }

  static void Forward(const WinogradShape& shape, const float* x, const float* weights, float* work, float* y) {
    float *const v = work, *const m = work + kBlock * (shape.in / kGroup);
    GridCursor from = Tiles(shape), to = Tiles(shape);
    for (int64_t first = 0; first < TilesOf(shape); first += kTiles) {
      const int64_t count = std::min(kTiles, TilesOf(shape) - first);
      TransformInputs(shape, &from, count, x, v);
      // Rows of tiles that are not there hold what an earlier block left, and are not read back.
      for (int64_t place = 0; place < kPlaces; ++place) {
        const float* const of_v = v + place * kTiles * kGroup;
        const float* const of_weights = weights + place * shape.in * shape.out;
        float* const of_m = m + place * kTiles * kGroup;
        ForGroups(
            shape.out, [&]<int groups>(int64_t group) __attribute__((always_inline)) {
              MultiplyTiles<groups>(of_v, of_weights + group * shape.in * kGroup, shape.in, of_m + group * kBlock);
            });
      }
      TransformOutputs(shape, &to, count, m, y);
    }
  }

  static void WeightGradient(const WinogradShape& shape, const float* x, const float* dy, float* work,
                             float* gradient) {
    float *const v = work, *const z = work + kBlock * (shape.in / kGroup);
    GridCursor of_x = Tiles(shape), of_dy = Tiles(shape);
    for (int64_t first = 0; first < TilesOf(shape); first += kTiles) {
      const int64_t count = std::min(kTiles, TilesOf(shape) - first);
      TransformInputs(shape, &of_x, count, x, v);
      TransformGradients(shape, &of_dy, count, dy, z);
      for (int64_t place = 0; place < kPlaces; ++place) {
        for (int64_t in = 0; in < shape.in / kGroup; ++in) {
          const float* const of_v = v + in * kBlock + place * kTiles * kGroup;
          float* const to = gradient + place * shape.in * shape.out + in * kGroup * kGroup;
          ForGroups(
              shape.out, [&]<int groups>(int64_t group) __attribute__((always_inline)) {
                AddProductOfTiles<groups>(of_v, z + group * kBlock + place * kTiles * kGroup, count,
                                          to + group * shape.in * kGroup, shape.in * kGroup);
              });
        }
      }
    }
  }
};

}  // namespace shoal
