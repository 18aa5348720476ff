#include "evaluate/cooccurrence/truncated_svd.h"

#include <Eigen/QR>
#include <algorithm>
#include <cmath>
#include <numbers>

#include "common/random.h"
#include "common/status.h"
#include "evaluate/symmetric_eigen.h"

namespace shoal {
namespace {

// Dimensions beyond the rank, which catch what the random projection of the last wanted ones spills. The paper's
// advice.
constexpr uint64_t kOversampling = 10;

// Normal numbers by Box and Muller 1958, keyed by the row.
DenseMatrix RandomMatrix(uint64_t rows, uint64_t columns, uint64_t seed) {
  DenseMatrix random(rows, columns);
  for (uint64_t row = 0; row < rows; ++row) {
    CounterRandom numbers(StreamKey(seed, row));
    for (uint64_t column = 0; column < columns; ++column) {
      const float radius = std::sqrt(-2 * std::log(1 - numbers.NextFloat()));
      random(row, column) = radius * std::cos(2 * std::numbers::pi_v<float> * numbers.NextFloat());
    }
  }
  return random;
}

struct QrFactors {
  DenseMatrix q;      // [n, k], orthonormal columns.
  Eigen::MatrixXf r;  // [k, k], upper triangular.
};

QrFactors ThinQr(const DenseMatrix& matrix) {
  const Eigen::Index k = matrix.cols();
  Eigen::HouseholderQR<Eigen::MatrixXf> qr(matrix);
  Eigen::MatrixXf q = Eigen::MatrixXf::Identity(matrix.rows(), k);
  q.applyOnTheLeft(qr.householderQ());
  return {.q = q, .r = qr.matrixQR().topRows(k).triangularView<Eigen::Upper>()};
}

struct LeftFactors {
  Eigen::MatrixXf vectors;  // [k, k], orthonormal columns.
  Eigen::VectorXf values;   // [k], falling.
};

// The left singular vectors of r^T and its singular values: r^T r has them for eigenvectors and the values' squares. In
// float64, whose squares keep what a float32 keeps. Eigen's SVD would cost the compiler half a minute more.
LeftFactors LeftSingular(const Eigen::MatrixXf& r) {
  const Eigen::MatrixXd wide = r.cast<double>();
  const SymmetricEigen eigen = EigenOfSymmetric(wide.transpose() * wide);
  return {.vectors = eigen.vectors.cast<float>(), .values = eigen.values.cwiseMax(0).cwiseSqrt().cast<float>()};
}

}  // namespace

absl::StatusOr<TruncatedSvd> ComputeTruncatedSvd(const SparseMatrix& matrix, const SvdOptions& options,
                                                 const std::function<void(double)>& progress) {
  const uint64_t smaller = std::min(matrix.rows, matrix.columns);
  if (options.rank == 0 || options.rank > smaller) {
    return InvalidArgument("a matrix of ", matrix.rows, " x ", matrix.columns, " has ", smaller, " singular values, ",
                           options.rank, " are asked for");
  }
  const uint64_t width = std::min(smaller, options.rank + kOversampling);
  const double steps = 2.0 + 2 * options.power_iterations;
  double step = 0;
  const auto stepped = [&] { progress(++step / steps); };

  ASSIGN_OR_RETURN(DenseMatrix projected,
                   matrix.Times(RandomMatrix(matrix.columns, width, options.seed), options.threads));
  stepped();
  DenseMatrix range = ThinQr(projected).q;
  for (uint32_t i = 0; i < options.power_iterations; ++i) {
    ASSIGN_OR_RETURN(projected, matrix.TransposedTimes(range, options.threads));
    stepped();
    ASSIGN_OR_RETURN(projected, matrix.Times(ThinQr(projected).q, options.threads));
    stepped();
    range = ThinQr(projected).q;
  }
  // matrix ~ range * small^T with small = matrix^T * range = q * r, so the SVD of r^T [k, k] is that of the matrix but
  // for orthonormal factors.
  ASSIGN_OR_RETURN(projected, matrix.TransposedTimes(range, options.threads));
  stepped();
  const LeftFactors factors = LeftSingular(ThinQr(projected).r);
  return TruncatedSvd{.left = range * factors.vectors.leftCols(options.rank),
                      .singular_values = factors.values.head(options.rank)};
}

}  // namespace shoal
