#include "paramserver/row_layout.h"

namespace shoal {

uint32_t OptimizerStateFloats(job::RowOptimizer::Kind kind, uint32_t dim) {
  switch (kind) {
    case job::RowOptimizer::SGD:
      return 0;
    case job::RowOptimizer::ADAGRAD:
      return PaddedDim(dim);  // Sums of squares.
    case job::RowOptimizer::ROW_WISE_ADAGRAD:
      return kRowAlignFloats;  // One sum of mean squares.
    case job::RowOptimizer::LAZY_ADAM:
      return 2 * PaddedDim(dim) + kRowAlignFloats;  // First and second moments, and the two corrections of their bias.
  }
  return 0;
}

RowLayout RowLayout::Of(const wire::TableSpec& spec) {
  const uint32_t padded = PaddedDim(spec.dim());
  return {spec.dim(), padded, padded + OptimizerStateFloats(spec.optimizer().kind(), spec.dim())};
}

uint64_t BytesOf(const std::vector<wire::TableSpec>& tables) {
  uint64_t bytes = 0;
  for (const wire::TableSpec& table : tables) bytes += table.rows() * RowLayout::Of(table).stride * sizeof(float);
  return bytes;
}

}  // namespace shoal
