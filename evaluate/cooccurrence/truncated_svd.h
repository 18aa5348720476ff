// The largest singular values of a sparse matrix, with their left singular vectors, by random projection.
//
// A random matrix times the sparse one spans nearly the space of the largest singular vectors; power iterations, each
// followed by an orthonormalisation, bring it nearer; an exact SVD of the small matrix within that space does the rest.
//
// Thread rule: safe from any thread; starts threads of its own and joins them. The result depends on the seed, not on
// the number of threads.
// Source: Halko, Martinsson and Tropp 2011, "Finding Structure with Randomness", algorithms 4.4 and 5.1.

#pragma once

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "evaluate/cooccurrence/sparse_matrix.h"

namespace shoal {

struct TruncatedSvd {
  DenseMatrix left;                 // [rows, rank], orthonormal columns.
  Eigen::VectorXf singular_values;  // [rank], falling.
};

struct SvdOptions {
  uint32_t rank = 100;
  uint32_t power_iterations = 2;
  uint64_t seed = 1;
  uint32_t threads = 1;
};

// InvalidArgument: the rank is above the smaller side of the matrix. `progress` is told the fraction done, 0 to 1.
absl::StatusOr<TruncatedSvd> ComputeTruncatedSvd(const SparseMatrix& matrix, const SvdOptions& options,
                                                 const std::function<void(double)>& progress);

}  // namespace shoal
