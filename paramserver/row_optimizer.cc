#include "paramserver/row_optimizer.h"

#include <algorithm>
#include <bit>
#include <cfloat>
#include <cmath>
#include <memory>

namespace shoal {
namespace {

// Rows are whole cache lines: with the alignment known, the compiler needs no loop for the ends.
float* Aligned(float* p) { return std::assume_aligned<64>(p); }
const float* Aligned(const float* p) { return std::assume_aligned<64>(p); }

// Whether no value is infinite or not a number: those have an exponent of ones. In three operations on vectors,
// whatever the processor.
bool AllFinite(const float* values, uint32_t floats) {
  constexpr uint32_t kExponent = 0x7f800000;
  uint32_t any = 0;
  for (uint32_t i = 0; i < floats; ++i) {
    any |= (std::bit_cast<uint32_t>(values[i]) & kExponent) == kExponent ? ~uint32_t{0} : 0;
  }
  return any == 0;
}

// Sixteen partial sums: the order of additions is fixed, so the result does not depend on the machine's vector width.
float SumOfSquares(const float* gradient, uint32_t floats) {
  float lanes[kRowAlignFloats] = {};
  for (uint32_t i = 0; i < floats; i += kRowAlignFloats) {
    for (uint32_t lane = 0; lane < kRowAlignFloats; ++lane) lanes[lane] += gradient[i + lane] * gradient[i + lane];
  }
  float sum = 0;
  for (const float lane : lanes) sum += lane;
  return sum;
}

}  // namespace

RowOptimizer::RowOptimizer(const wire::TableSpec& table)
    : kind_(table.optimizer().kind()),
      moving_average_(table.has_moving_average()),
      unit_length_(table.moving_average().unit_length()),
      layout_(RowLayout::Of(table)),
      // An epsilon too small for a float would turn the padding into 0 / 0.
      epsilon_(std::max(static_cast<float>(table.optimizer().epsilon()), FLT_MIN)),
      beta1_(static_cast<float>(table.optimizer().beta1())),
      beta2_(static_cast<float>(table.optimizer().beta2())) {}

bool RowOptimizer::Apply(float* row, const float* gradient, float learning_rate) const {
  row = Aligned(row);
  gradient = Aligned(gradient);
  if (!AllFinite(gradient, layout_.padded_dim)) return false;
  if (moving_average_) {
    ApplyMovingAverage(row, gradient, learning_rate);
    return true;
  }
  switch (kind_) {
    case job::RowOptimizer::SGD:
      for (uint32_t i = 0; i < layout_.padded_dim; ++i) row[i] -= learning_rate * gradient[i];
      break;
    case job::RowOptimizer::ADAGRAD:
      ApplyAdagrad(row, gradient, learning_rate);
      break;
    case job::RowOptimizer::ROW_WISE_ADAGRAD:
      ApplyRowWiseAdagrad(row, gradient, learning_rate);
      break;
    case job::RowOptimizer::LAZY_ADAM:
      ApplyLazyAdam(row, gradient, learning_rate);
      break;
  }
  return true;
}

void RowOptimizer::ApplyAdagrad(float* row, const float* gradient, float learning_rate) const {
  float* sums = Aligned(row + layout_.padded_dim);
  for (uint32_t i = 0; i < layout_.padded_dim; ++i) {
    sums[i] += gradient[i] * gradient[i];
    row[i] -= learning_rate * gradient[i] / (std::sqrt(sums[i]) + epsilon_);
  }
}

void RowOptimizer::ApplyRowWiseAdagrad(float* row, const float* gradient, float learning_rate) const {
  float& sum = row[layout_.padded_dim];
  sum += SumOfSquares(gradient, layout_.padded_dim) / static_cast<float>(layout_.dim);
  const float step = learning_rate / (std::sqrt(sum) + epsilon_);
  for (uint32_t i = 0; i < layout_.padded_dim; ++i) row[i] -= step * gradient[i];
}

void RowOptimizer::ApplyLazyAdam(float* row, const float* gradient, float learning_rate) const {
  float* first = Aligned(row + layout_.padded_dim);
  float* second = Aligned(first + layout_.padded_dim);
  // 1 - beta^t as a moving average of ones: needs no power of the step count, and starts at zero as all state does.
  float* corrections = second + layout_.padded_dim;
  corrections[0] += (1 - beta1_) * (1 - corrections[0]);
  corrections[1] += (1 - beta2_) * (1 - corrections[1]);
  const float step = learning_rate / corrections[0];
  const float scale = 1 / corrections[1];
  for (uint32_t i = 0; i < layout_.padded_dim; ++i) {
    first[i] += (1 - beta1_) * (gradient[i] - first[i]);
    second[i] += (1 - beta2_) * (gradient[i] * gradient[i] - second[i]);
    row[i] -= step * first[i] / (std::sqrt(second[i] * scale) + epsilon_);
  }
}

// Written so that a rate of 1 gives the value to the bit.
void RowOptimizer::ApplyMovingAverage(float* row, const float* value, float rate) const {
  const float keep = 1 - rate;
  for (uint32_t i = 0; i < layout_.padded_dim; ++i) row[i] = keep * row[i] + rate * value[i];
  if (!unit_length_) return;
  const float length = std::sqrt(SumOfSquares(row, layout_.padded_dim));
  // A row of zeros has no direction.
  if (length < FLT_MIN) return;
  for (uint32_t i = 0; i < layout_.padded_dim; ++i) row[i] /= length;
}

bool AddToRow(float* row, const float* change, uint32_t floats) {
  row = Aligned(row);
  change = Aligned(change);
  if (!AllFinite(change, floats)) return false;
  for (uint32_t i = 0; i < floats; ++i) row[i] += change[i];
  return true;
}

void DifferenceOfRows(const float* after, const float* before, uint32_t floats, float* out) {
  after = Aligned(after);
  before = Aligned(before);
  out = Aligned(out);
  for (uint32_t i = 0; i < floats; ++i) out[i] = after[i] - before[i];
}

}  // namespace shoal
