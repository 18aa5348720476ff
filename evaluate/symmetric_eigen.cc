#include "evaluate/symmetric_eigen.h"

#include <Eigen/Eigenvalues>

namespace shoal {

SymmetricEigen EigenOfSymmetric(const Eigen::MatrixXd& matrix) {
  const Eigen::SelfAdjointEigenSolver<Eigen::MatrixXd> solver(matrix);
  return {.values = solver.eigenvalues().reverse(), .vectors = solver.eigenvectors().rowwise().reverse()};
}

}  // namespace shoal
