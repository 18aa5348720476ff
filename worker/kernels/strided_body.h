// Convolutions of stride 2, written once over a Simd type (simd_avx2.h and its siblings), instantiated by each back
// end.
//
// Included by back ends only. Everything is force-inlined into the functions of the table.

#pragma once

#include <algorithm>
#include <cstdint>

#include "worker/kernels/grid_cursor.h"
#include "worker/kernels/lanes.h"
#include "worker/kernels/strided_kernel.h"

namespace shoal {

template <typename Simd>
class StridedBody {
 public:
  static constexpr StridedFunctions Functions() {
    return {.forward = &Forward, .input_gradient = &InputGradient, .weight_gradient = &WeightGradient};
  }

 private:
  using Vector = typename Simd::Vector;
  static constexpr int64_t kGroup = kWeightGroup;
  static constexpr int kWidth = Simd::kWidth;
  static constexpr int kVectors = static_cast<int>(kGroup) / kWidth;
  // Rows of a register tile: with a register for each vector of the other operand, and one to spare.
  static constexpr int kRows = Simd::kRegisters >= 32 ? 8 : kVectors == 2 ? 6 : 3;
  static constexpr int64_t kPixels = StridedShape::kPixelsPerBlock;

  // A tile of sums: rows x 16 channels.
  template <int rows>
  struct Tile {
    Vector sums[rows][kVectors];

    SHOAL_INLINE void Clear() {
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) sums[i][j] = Simd::Zero();
      }
    }
    SHOAL_INLINE void Load(const float* from) {
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) {
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) sums[i][j] = Simd::Load(from + i * kGroup + j * kWidth);
      }
    }
    SHOAL_INLINE void Store(float* to) const {
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) StoreRow(i, to + i * kGroup);
    }
    SHOAL_INLINE void StoreRow(int i, float* to) const {
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) Simd::Store(to + j * kWidth, sums[i][j]);
    }
    // Adds factor(i) times the 16 floats at `b` to each row i.
    template <typename Factor>
    SHOAL_INLINE void AddOuterProduct(const float* b, const Factor& factor) {
      Vector of_b[kVectors];
#pragma GCC unroll 4
      for (int j = 0; j < kVectors; ++j) of_b[j] = Simd::LoadOnce(b + j * kWidth);
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) {
        const Vector of_a = Simd::All(factor(i));
#pragma GCC unroll 4
        for (int j = 0; j < kVectors; ++j) sums[i][j] = Simd::MultiplyAdd(of_a, of_b[j], sums[i][j]);
      }
    }
    // Adds lines [rows][floats] x weights [floats, 16].
    SHOAL_INLINE void AddLines(const float* const* lines, const float* weights, int64_t floats) {
      const float* of_row[rows];
#pragma GCC unroll 8
      for (int i = 0; i < rows; ++i) of_row[i] = lines[i];
      for (int64_t r = 0; r < floats; ++r) {
        AddOuterProduct(
            weights + r * kGroup, [&](int i) __attribute__((always_inline)) { return of_row[i][r]; });
      }
    }
  };

  static SHOAL_INLINE GridCursor Outputs(const StridedShape& shape) { return {shape.height / 2, shape.width / 2}; }

  alignas(64) static constexpr float kZeros[3 * StridedShape::kMaxChannels] = {};

  // What lies under the kernel for `count` outputs from `cursor` on: lines[y * kPixels + i] is output i's under the
  // kernel's row y. Lines across the border are made in `work`.
  static SHOAL_INLINE void LinesUnderKernel(const StridedShape& shape, int64_t count, const float* x, float* work,
                                            GridCursor* cursor, const float** lines) {
    const int64_t before = shape.kernel / 2, in = shape.in, floats = shape.LineFloats();
    for (int64_t i = 0; i < count; ++i, cursor->Next()) {
      for (int64_t y = 0; y < shape.kernel; ++y) {
        const float*& line = lines[y * kPixels + i];
        if (cursor->row == 0 && y < before) {
          line = kZeros;
          continue;
        }
        const float* const row = x + (2 * cursor->line + y - before) * shape.width * in;
        if (cursor->column > 0 || before == 0) {
          line = row + (2 * cursor->column - before) * in;
          continue;
        }
        std::fill_n(work, in, 0.0f);
        std::copy_n(row, floats - in, work + in);
        line = work;
        work += floats;
      }
    }
  }

  static void Forward(const StridedShape& shape, const float* x, const float* weights, float* work, float* y) {
    const int64_t floats = shape.LineFloats();
    GridCursor cursor = Outputs(shape);
    const float* lines[3 * kPixels];
    std::fill(std::begin(lines), std::end(lines), kZeros);
    for (int64_t first = 0; first < shape.OutputPixels(); first += kRows) {
      const int64_t count = std::min<int64_t>(kRows, shape.OutputPixels() - first);
      LinesUnderKernel(shape, count, x, work, &cursor, lines);
      const float* of_weights = weights;
      for (int64_t group = 0; group < shape.out; group += kGroup) {
        Tile<kRows> tile;
        tile.Clear();
        for (int64_t row = 0; row < shape.kernel; ++row, of_weights += floats * kGroup) {
          tile.AddLines(lines + row * kPixels, of_weights, floats);
        }
        float* const to = y + first * shape.out + group;
        // Rows of outputs that are not there hold sums of older lines.
#pragma GCC unroll 8
        for (int i = 0; i < kRows; ++i) {
          if (i < count) tile.StoreRow(i, to + i * shape.out);
        }
      }
    }
  }

  // gradient [floats, 16] += lines [pixels, floats]^T x dy [pixels, 16], the rows of which lie `stride` apart.
  template <int rows>
  static SHOAL_INLINE void AddLinesGradient(const float* const* lines, int64_t floats, const float* dy, int64_t stride,
                                            int64_t pixels, float* gradient) {
    for (int64_t first = 0; first < floats; first += rows) {
      Tile<rows> tile;
      tile.Load(gradient + first * kGroup);
      for (int64_t pixel = 0; pixel < pixels; ++pixel) {
        const float* const line = lines[pixel] + first;
        tile.AddOuterProduct(
            dy + pixel * stride, [&](int i) __attribute__((always_inline)) { return line[i]; });
      }
      tile.Store(gradient + first * kGroup);
    }
  }

  static void WeightGradient(const StridedShape& shape, const float* x, const float* dy, float* work, float* gradient) {
    const int64_t floats = shape.LineFloats();
    GridCursor cursor = Outputs(shape);
    const float* lines[3 * kPixels];
    for (int64_t first = 0; first < shape.OutputPixels(); first += kPixels) {
      const int64_t count = std::min(kPixels, shape.OutputPixels() - first);
      LinesUnderKernel(shape, count, x, work, &cursor, lines);
      float* to = gradient;
      for (int64_t group = 0; group < shape.out; group += kGroup) {
        const float* const of_dy = dy + first * shape.out + group;
        for (int64_t row = 0; row < shape.kernel; ++row, to += floats * kGroup) {
          const float* const* const of_row = lines + row * kPixels;
          if (floats % kRows == 0) {
            AddLinesGradient<kRows>(of_row, floats, of_dy, shape.out, count, to);
          } else {
            AddLinesGradient<4>(of_row, floats, of_dy, shape.out, count, to);
          }
        }
      }
    }
  }

  // The gradients of `count` outputs from `cursor` on, and of their neighbours: lines[(2 * below + right) * kRows + i].
  // Beyond the border they are 0.
  static SHOAL_INLINE void LinesOfGradients(const StridedShape& shape, int64_t count, const float* dy,
                                            GridCursor cursor, const float** lines) {
    for (int64_t i = 0; i < count; ++i, cursor.Next()) {
      const float* const own = dy + (cursor.line * cursor.columns + cursor.column) * shape.out;
      for (int64_t below = 0; below < 2; ++below) {
        for (int64_t right = 0; right < 2; ++right) {
          const bool inside = cursor.row + below < cursor.rows && cursor.column + right < cursor.columns;
          lines[(2 * below + right) * kRows + i] = inside ? own + (below * cursor.columns + right) * shape.out : kZeros;
        }
      }
    }
  }

  // Of the four pixels that an output's kernel has in its middle and to the right and below, those in row `odd_row` and
  // column `odd_column`. By the middle of the kernel a pixel gets its gradient from that output alone; in an odd row or
  // column by the far side of the kernel from that output, and by the near side from the next one.
  template <bool odd_row, bool odd_column>
  static SHOAL_INLINE void PixelGradients(const StridedShape& shape, int64_t count, const float* const* lines,
                                          const float* weights, GridCursor cursor, float* dx) {
    Tile<kRows> tile;
    tile.Clear();
    const int64_t middle = shape.kernel / 2;
    if (middle == 1 || !(odd_row || odd_column)) {
      for (int below = 0; below <= (odd_row ? 1 : 0); ++below) {
        for (int right = 0; right <= (odd_column ? 1 : 0); ++right) {
          const int64_t y = odd_row ? 2 - 2 * below : middle, x = odd_column ? 2 - 2 * right : middle;
          tile.AddLines(lines + (2 * below + right) * kRows, weights + (y * shape.kernel + x) * shape.out * kGroup,
                        shape.out);
        }
      }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kRows; ++i) {
      if (i == count) return;
      const int64_t pixel = (2 * cursor.line + odd_row) * shape.width + 2 * cursor.column + odd_column;
      tile.StoreRow(i, dx + pixel * shape.in);
      cursor.Next();
    }
  }

  static void InputGradient(const StridedShape& shape, const float* dy, const float* weights, float* dx) {
    GridCursor cursor = Outputs(shape);
    const float* lines[4 * kRows];
    std::fill(std::begin(lines), std::end(lines), kZeros);
    for (int64_t first = 0; first < shape.OutputPixels(); first += kRows) {
      const int64_t count = std::min<int64_t>(kRows, shape.OutputPixels() - first);
      LinesOfGradients(shape, count, dy, cursor, lines);
      for (int64_t group = 0; group < shape.in; group += kGroup) {
        const float* const of_group = weights + group * shape.kernel * shape.kernel * shape.out;
        PixelGradients<false, false>(shape, count, lines, of_group, cursor, dx + group);
        PixelGradients<false, true>(shape, count, lines, of_group, cursor, dx + group);
        PixelGradients<true, false>(shape, count, lines, of_group, cursor, dx + group);
        PixelGradients<true, true>(shape, count, lines, of_group, cursor, dx + group);
      }
      for (int64_t i = 0; i < count; ++i) cursor.Next();
    }
  }
};

}  // namespace shoal
