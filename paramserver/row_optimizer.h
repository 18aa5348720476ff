// RowOptimizer: how a row takes a gradient. One function per optimizer, run by the server on pushed gradients and by a
// worker on mapped rows.
//
// A row is its weights and behind them the optimizer's state (row_layout.h), all zero at birth. Touching only the rows
// of a batch makes Adam "lazy": moments of rows without a gradient do not decay.
//
// A moving average has no gradient: it takes the value that the row moves to by the learning rate's part of the way.
//
// Thread rule: immutable; safe from any thread. Apply changes the row it is given and nothing else.
// Sources: Duchi et al. 2011 (Adagrad); the row-wise form is that of DLRM's embedding tables; Kingma and Ba 2015
// (Adam); He et al. 2020, equation 2 (the moving average, m = 1 - learning rate); Wu et al. 2018 (that of unit length).

#pragma once

#include <cstdint>

#include "paramserver/row_layout.h"
#include "proto/wire.pb.h"

namespace shoal {

class RowOptimizer {
 public:
  // Of the table's optimizer or moving average.
  explicit RowOptimizer(const wire::TableSpec& table);

  // Takes `gradient` [padded_dim], whose padding is zero, once. `row` [stride] and `gradient` are 64-byte aligned.
  // False, and the row stays as it is: the gradient has a value that is not finite.
  bool Apply(float* row, const float* gradient, float learning_rate) const;

 private:
  void ApplyAdagrad(float* row, const float* gradient, float learning_rate) const;
  void ApplyRowWiseAdagrad(float* row, const float* gradient, float learning_rate) const;
  void ApplyLazyAdam(float* row, const float* gradient, float learning_rate) const;
  void ApplyMovingAverage(float* row, const float* value, float rate) const;

  job::RowOptimizer::Kind kind_;
  bool moving_average_;
  bool unit_length_;
  RowLayout layout_;
  float epsilon_;
  float beta1_;
  float beta2_;
};

// row[i] += change[i] for [floats], a multiple of 16; both 64-byte aligned. False, and the row stays as it is: a change
// is not finite.
bool AddToRow(float* row, const float* change, uint32_t floats);

// out[i] = after[i] - before[i] for [floats], a multiple of 16; all 64-byte aligned.
void DifferenceOfRows(const float* after, const float* before, uint32_t floats, float* out);

}  // namespace shoal
