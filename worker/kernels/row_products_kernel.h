// RowProductsKernel: products of many rows with many rows, which comparing features and fitting linear classifiers
// consist of.
//
// One row of a product is always computed in the same order of operations, wherever its rows stand and whatever else is
// computed beside it: equal rows have equal products to the bit, so that ties are ties. A general matrix product
// (Eigen, a BLAS) has other paths for the edges of a matrix, and no such promise. Back ends differ in the last bits.
//
// Thread rule: pure functions of their arguments; safe from any thread, on outputs that do not overlap.

#pragma once

#include <cstdint>

#include "worker/kernels/simd_backend.h"

namespace shoal {

struct RowProductsFunctions {
  // products[i * stride + j] = left [i, dim] . right [j, dim], for i below `lefts`, j below `rights`. Quickest where
  // `right` stays in the second-level cache.
  void (*products)(const float* left, int64_t lefts, const float* right, int64_t rights, int64_t dim, float* products,
                   int64_t stride);
  // sums [classes, dim] += the sum over i of weights [i, classes] times x [i, dim], for i below `rows`, which are few
  // enough for sums in float (some hundreds).
  void (*add_weighted)(const float* weights, const float* x, int64_t rows, int64_t classes, int64_t dim, float* sums);
};

// Those of a back end that this CPU must run.
const RowProductsFunctions& RowProductsKernel(SimdBackend backend = BestSimdBackend());

}  // namespace shoal
