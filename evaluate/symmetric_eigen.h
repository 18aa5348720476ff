// EigenOfSymmetric: eigenvalues and eigenvectors of a symmetric matrix. The solver costs its compiler half a minute,
// here once for all.
//
// Thread rule: pure function; safe from any thread.

#pragma once

#include <Eigen/Core>

namespace shoal {

struct SymmetricEigen {
  Eigen::VectorXd values;   // [n], falling.
  Eigen::MatrixXd vectors;  // [n, n], orthonormal columns, in the values' order.
};

// Of `matrix` [n, n], of which the lower triangle is looked at.
SymmetricEigen EigenOfSymmetric(const Eigen::MatrixXd& matrix);

}  // namespace shoal
