// Products of rows with rows, written once over a Simd type (simd_avx2.h and its siblings), instantiated by each back
// end.
//
// Both functions keep a tile of sums in registers: of products, four rows by as many as registers allow, a vector of
// partial sums each; of weighted sums, four classes by as many vectors of the row. A tile at the edge computes what
// there is over and over rather than by code of its own, so that each result has one order of operations.
//
// Included by back ends only. Everything is force-inlined into the functions of the table.

#pragma once

#include <algorithm>

#include "worker/kernels/lanes.h"
#include "worker/kernels/row_products_kernel.h"

namespace shoal {

template <typename Simd>
class RowProductsBody {
 public:
  static constexpr RowProductsFunctions Functions() { return {.products = &Products, .add_weighted = &AddWeighted}; }

 private:
  using Vector = typename Simd::Vector;
  static constexpr int kWidth = Simd::kWidth;
  // Sums, a vector for each row on the right, and one for what comes from the left fill the registers.
  static constexpr int kLefts = 4, kRights = Simd::kRegisters > 16 ? 6 : 3;
  static constexpr int kClasses = 4, kVectors = kRights;

  static void Products(const float* left, int64_t lefts, const float* right, int64_t rights, int64_t dim,
                       float* products, int64_t stride) {
    for (int64_t i = 0; i < lefts; i += kLefts) {
      const float* a[kLefts];
      for (int t = 0; t < kLefts; ++t) a[t] = left + std::min(i + t, lefts - 1) * dim;
      for (int64_t j = 0; j < rights; j += kRights) {
        const float* b[kRights];
        for (int t = 0; t < kRights; ++t) b[t] = right + std::min(j + t, rights - 1) * dim;
        Lanes tile[kLefts];
        ProductTile(a, b, dim, tile);
        const int64_t here = std::min<int64_t>(kRights, rights - j);
        for (int64_t s = 0; s < std::min<int64_t>(kLefts, lefts - i); ++s) {
          for (int64_t t = 0; t < here; ++t) products[(i + s) * stride + j + t] = tile[s][t];
        }
      }
    }
  }

  static SHOAL_INLINE void ProductTile(const float* const* a, const float* const* b, int64_t dim, Lanes* tile) {
    Vector sums[kLefts][kRights];
#pragma GCC unroll 4
    for (int s = 0; s < kLefts; ++s) {
#pragma GCC unroll 6
      for (int t = 0; t < kRights; ++t) sums[s][t] = Simd::Zero();
    }
    int64_t k = 0;
    for (; k + kWidth <= dim; k += kWidth) {
      Vector rights[kRights];
#pragma GCC unroll 6
      for (int t = 0; t < kRights; ++t) rights[t] = Simd::LoadOnce(b[t] + k);
#pragma GCC unroll 4
      for (int s = 0; s < kLefts; ++s) {
        const Vector one = Simd::LoadOnce(a[s] + k);
#pragma GCC unroll 6
        for (int t = 0; t < kRights; ++t) sums[s][t] = Simd::MultiplyAdd(one, rights[t], sums[s][t]);
      }
    }
#pragma GCC unroll 4
    for (int s = 0; s < kLefts; ++s) tile[s] = Simd::template Sums<kRights>(sums[s]);
    for (; k < dim; ++k) {
      for (int s = 0; s < kLefts; ++s) {
        for (int t = 0; t < kRights; ++t) tile[s][t] += a[s][k] * b[t][k];
      }
    }
  }

  static void AddWeighted(const float* weights, const float* x, int64_t rows, int64_t classes, int64_t dim,
                          float* sums) {
    for (int64_t c = 0; c < classes; c += kClasses) {
      int64_t chosen[kClasses];
      for (int t = 0; t < kClasses; ++t) chosen[t] = std::min(c + t, classes - 1);
      const int64_t here = std::min<int64_t>(kClasses, classes - c);
      int64_t k = 0;
      for (; k + kVectors * kWidth <= dim; k += kVectors * kWidth) {
        AddTile<kVectors>(weights, x + k, rows, classes, dim, chosen, here, sums + k);
      }
      for (; k + kWidth <= dim; k += kWidth) AddTile<1>(weights, x + k, rows, classes, dim, chosen, here, sums + k);
      for (; k < dim; ++k) {
        for (int64_t t = c; t < c + here; ++t) {
          for (int64_t i = 0; i < rows; ++i) sums[t * dim + k] += weights[i * classes + t] * x[i * dim + k];
        }
      }
    }
  }

  template <int vectors>
  static SHOAL_INLINE void AddTile(const float* weights, const float* x, int64_t rows, int64_t classes, int64_t dim,
                                   const int64_t* chosen, int64_t here, float* sums) {
    Vector tile[kClasses][vectors];
#pragma GCC unroll 4
    for (int t = 0; t < kClasses; ++t) {
#pragma GCC unroll 6
      for (int v = 0; v < vectors; ++v) tile[t][v] = Simd::Load(sums + chosen[t] * dim + v * kWidth);
    }
    for (int64_t i = 0; i < rows; ++i) {
      Vector row[vectors];
#pragma GCC unroll 6
      for (int v = 0; v < vectors; ++v) row[v] = Simd::LoadOnce(x + i * dim + v * kWidth);
#pragma GCC unroll 4
      for (int t = 0; t < kClasses; ++t) {
        const Vector weight = Simd::All(weights[i * classes + chosen[t]]);
#pragma GCC unroll 6
        for (int v = 0; v < vectors; ++v) tile[t][v] = Simd::MultiplyAdd(weight, row[v], tile[t][v]);
      }
    }
#pragma GCC unroll 4
    for (int t = 0; t < kClasses; ++t) {
      if (t >= here) break;
#pragma GCC unroll 6
      for (int v = 0; v < vectors; ++v) Simd::Store(sums + chosen[t] * dim + v * kWidth, tile[t][v]);
    }
  }
};

}  // namespace shoal
