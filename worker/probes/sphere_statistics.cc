#include "worker/probes/sphere_statistics.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "worker/kernels/row_products_kernel.h"
#include "worker/probes/nearest_rows.h"

namespace shoal {
namespace {

constexpr double kUniformityScale = 2;

std::vector<float> OnTheSphere(std::span<const float> rows, uint32_t dim) {
  std::vector<float> unit(rows.begin(), rows.end());
  const std::vector<float> scales = InverseLengths(rows, dim);
  for (size_t i = 0; i < unit.size(); ++i) unit[i] = scales[i / dim] == 0 ? 0 : unit[i] * scales[i / dim];
  return unit;
}

}  // namespace

double Spread(std::span<const float> rows, uint32_t dim) {
  const std::vector<float> unit = OnTheSphere(rows, dim);
  const size_t count = unit.size() / dim;
  if (count == 0) return 0;
  double deviations = 0;
  for (uint32_t k = 0; k < dim; ++k) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < count; ++i) sum += unit[i * dim + k];
    const double mean = sum / static_cast<double>(count);
    for (size_t i = 0; i < count; ++i) squares += (unit[i * dim + k] - mean) * (unit[i * dim + k] - mean);
    deviations += std::sqrt(squares / static_cast<double>(count));
  }
  return deviations / dim * std::sqrt(dim);
}

double Uniformity(std::span<const float> rows, uint32_t dim) {
  const std::vector<float> unit = OnTheSphere(rows, dim);
  const size_t count = unit.size() / dim;
  if (count < 2) return 0;
  double sum = 0;
  std::vector<float> cosines(count);
  for (size_t i = 1; i < count; ++i) {
    RowProductsKernel().products(&unit[i * dim], 1, unit.data(), static_cast<int64_t>(i), dim, cosines.data(),
                                 static_cast<int64_t>(count));
    // |x - y|^2 = 2 - 2 x.y of unit rows.
    for (size_t j = 0; j < i; ++j) sum += std::exp(-kUniformityScale * std::max(0.0, 2 - 2 * double{cosines[j]}));
  }
  return std::log(sum / (static_cast<double>(count) * static_cast<double>(count - 1) / 2));
}

}  // namespace shoal
