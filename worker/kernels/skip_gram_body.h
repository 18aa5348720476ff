// The skip-gram window, written once over a Simd type (simd_avx2.h and its siblings), instantiated by each back end.
//
// Two passes over the rows. The first keeps a tile of contexts x outputs of dot products in registers along the whole
// width, then sums each across its lanes; the second walks the width a vector at a time, with that vector of all
// outputs and of their updates in registers, past all contexts. Per pair and vector that is three multiply-adds and
// about two loads, so that the multiply-add units are the bound.
//
// Included by back ends only. Everything is force-inlined into the functions of the table.

#pragma once

#include <utility>

#include "common/prefetch.h"
#include "worker/kernels/lanes.h"
#include "worker/kernels/skip_gram_kernel.h"

#define SHOAL_UNROLL _Pragma("GCC unroll 16")

namespace shoal {

template <typename Simd>
class SkipGramBody {
 public:
  static constexpr SkipGramFunctions Functions() {
    SkipGramFunctions functions{};
    FillOutputs(functions, std::make_integer_sequence<int, SkipGramFunctions::kUnrolledOutputs>());
    FillWidths(functions, std::make_integer_sequence<int, SkipGramFunctions::kWidths>());
    functions.add_gradients = &AddGradients;
    functions.loss = &Loss;
    functions.logits = &AnyLogits;
    functions.add_products = &AddProducts;
    return functions;
  }

 private:
  using Vector = typename Simd::Vector;
  static constexpr int kMaxContexts = SkipGramWindow::kMaxContexts;
  static constexpr int kMaxStride = SkipGramKernel::Stride(SkipGramWindow::kMaxOutputs);
  static_assert(kLanes == kOutputGroup);

  template <int... outputs>
  static constexpr void FillOutputs(SkipGramFunctions& functions, std::integer_sequence<int, outputs...>) {
    for (auto& of_width : functions.train) {
      of_width[0] = &TrainAny;
      ((of_width[outputs + 1] = &Train<0, outputs + 1>), ...);
    }
  }
  template <int... width>
  static constexpr void FillWidths(SkipGramFunctions& functions, std::integer_sequence<int, width...>) {
    constexpr int outputs = SkipGramFunctions::kUsualOutputs;
    ((functions.train[width][outputs] = &Train<SkipGramFunctions::kDims[width], outputs>), ...);
  }

  // Floats of a row that are computed: the padding beyond is zero.
  static constexpr int Width(int dim) { return (dim + Simd::kWidth - 1) / Simd::kWidth * Simd::kWidth; }
  // The widest tile that leaves registers for a vector of each of its contexts and one output.
  static constexpr int TileContexts(int outputs) {
    int contexts = 1;
    while (contexts < 4 && (contexts + 1) * (outputs + 1) + 1 <= Simd::kRegisters) ++contexts;
    return contexts;
  }
  static constexpr int kTileOutputs = 6;
  // The second tile's outputs, too, store whole Lanes, which must not reach into the next context's.
  static constexpr int StrideOf(int outputs) { return outputs <= kTileOutputs ? kLanes : 2 * kLanes; }

  template <int dim_or_zero, int outputs>
  static void Train(const SkipGramWindow& window, int dim) {
    alignas(64) float errors[kMaxContexts * StrideOf(outputs)];
    const int width = Width(dim_or_zero ? dim_or_zero : dim);
    Logits<outputs>(window, width, errors);
    Errors(window, errors, StrideOf(outputs), outputs, window.learning_rate);
    Update<outputs>(window, width, errors);
  }

  static void TrainAny(const SkipGramWindow& window, int dim) {
    AnyOutputs(window, dim, window.learning_rate, window.inputs, window.outputs);
  }
  static void AddGradients(const SkipGramWindow& window, int dim) {
    // The gradient of the loss points the other way than the step that Train takes.
    AnyOutputs(window, dim, -1, window.input_gradients, window.output_gradients);
  }

  static SHOAL_INLINE void AnyOutputs(const SkipGramWindow& window, int dim, float rate, float* const* input_targets,
                                      float* const* output_targets) {
    alignas(64) float errors[kMaxContexts * kMaxStride];
    AnyLogits(window, dim, errors);
    const int stride = SkipGramKernel::Stride(window.outputs_count);
    Errors(window, errors, stride, window.outputs_count, rate);
    UpdateAny(window, Width(dim), errors, stride, input_targets, output_targets);
  }

  static void AddProducts(const SkipGramWindow& window, int dim, const float* errors) {
    UpdateAny(window, Width(dim), errors, SkipGramKernel::Stride(window.outputs_count), window.input_gradients,
              window.output_gradients);
  }

  // As Logits, of any number of outputs. The last column, too, stores whole Lanes; hence the stride.
  static void AnyLogits(const SkipGramWindow& window, int dim, float* logits) {
    const int outputs = window.outputs_count, stride = SkipGramKernel::Stride(outputs);
    int b = 0;
    for (; b + 4 <= outputs; b += 4) LogitColumns<4>(window, b, Width(dim), logits, stride);
    for (; b < outputs; ++b) LogitColumns<1>(window, b, Width(dim), logits, stride);
  }

  // logits[a * stride + b] = inputs[a] . outputs[b].
  template <int outputs>
  static SHOAL_INLINE void Logits(const SkipGramWindow& window, int width, float* logits) {
    constexpr int stride = StrideOf(outputs);
    constexpr int tiles = (outputs + kTileOutputs - 1) / kTileOutputs, first = (outputs + tiles - 1) / tiles;
    LogitColumns<first>(window, 0, width, logits, stride);
    if constexpr (tiles > 1) LogitColumns<outputs - first>(window, first, width, logits, stride);
  }

  template <int columns>
  static SHOAL_INLINE void LogitColumns(const SkipGramWindow& window, int first, int width, float* logits, int stride) {
    constexpr int tile = TileContexts(columns);
    float* const* const outputs = window.outputs + first;
    float* const* inputs = window.inputs;
    float* const* const end = inputs + window.contexts;
    logits += first;
    for (; end - inputs >= tile; inputs += tile, logits += tile * stride) {
      LogitTile<tile, columns>(inputs, outputs, width, logits, stride);
    }
    if constexpr (tile > 3) {
      if (end - inputs == 3) LogitTile<3, columns>(inputs, outputs, width, logits, stride);
    }
    if constexpr (tile > 2) {
      if (end - inputs == 2) LogitTile<2, columns>(inputs, outputs, width, logits, stride);
    }
    if (end - inputs == 1) LogitTile<1, columns>(inputs, outputs, width, logits, stride);
  }

  // Stores whole Lanes a context: zeros after the columns.
  template <int rows, int columns>
  static SHOAL_INLINE void LogitTile(float* const* inputs, float* const* outputs, int width, float* logits,
                                     int stride) {
    Vector sums[rows][columns];
    const float *input[rows], *output[columns];
    SHOAL_UNROLL for (int a = 0; a < rows; ++a) {
      input[a] = inputs[a];
      SHOAL_UNROLL for (int b = 0; b < columns; ++b) sums[a][b] = Simd::Zero();
    }
    SHOAL_UNROLL for (int b = 0; b < columns; ++b) output[b] = outputs[b];
    for (int d = 0; d < width; d += Simd::kWidth) {
      Vector x[rows];
      SHOAL_UNROLL for (int a = 0; a < rows; ++a) x[a] = Simd::Load(input[a] + d);
      SHOAL_UNROLL for (int b = 0; b < columns; ++b) {
        const Vector o = Simd::LoadOnce(output[b] + d);
        SHOAL_UNROLL for (int a = 0; a < rows; ++a) sums[a][b] = Simd::MultiplyAdd(x[a], o, sums[a][b]);
      }
    }
    SHOAL_UNROLL for (int a = 0; a < rows; ++a) {
      StoreLanes(logits + a * stride, Simd::template Sums<columns>(sums[a]));
    }
  }

  // What the outputs contribute to eight logits of any context: weights and targets by lane.
  struct Columns {
    LaneInts centre, bit;
    Lanes target, negative, offset;

    SHOAL_INLINE Columns(const SkipGramWindow& window, int first) {
      const LaneInts column = LaneNumbers(first);
      centre = column < window.centres;
      bit = (LaneInts{} + 1) << (centre ? column : LaneInts{});
      target = centre ? AllLanes(1) : Lanes{};
      const LaneInts is_negative = (column >= window.centres) & (column < window.outputs_count);
      negative = is_negative ? LoadLanes(window.output_weights + first) : Lanes{};
      offset = window.offsets != nullptr ? LoadLanes(window.offsets + first) : Lanes{};
    }
    SHOAL_INLINE Lanes Weight(int mask) const {
      const LaneInts paired = centre & ((bit & mask) != 0);
      return paired ? AllLanes(1) : negative * static_cast<float>(__builtin_popcount(mask));
    }
  };

  // Turns logits into rate * weight * (target - sigmoid). A pair whose logit is not finite is left out: so rows that
  // grow without bound stop before they are infinite themselves, which all that meet them would be then.
  static SHOAL_INLINE void Errors(const SkipGramWindow& window, float* logits, int stride, int outputs, float rate) {
    for (int b = 0; b < outputs; b += kLanes) {
      const Columns columns(window, b);
      float* at = logits + b;
      for (int a = 0; a < window.contexts; ++a, at += stride) {
        const Lanes logit = LoadLanes(at) - columns.offset;
        const Lanes error = (columns.target - Sigmoid(logit)) * (columns.Weight(window.masks[a]) * rate);
        StoreLanes(at, logit - logit == 0 ? error : Lanes{});
      }
    }
  }

  static double Loss(const SkipGramWindow& window, int dim) {
    alignas(64) float logits[kMaxContexts * kMaxStride];
    AnyLogits(window, dim, logits);
    const int stride = SkipGramKernel::Stride(window.outputs_count);
    double loss = 0;
    for (int b = 0; b < window.outputs_count; b += kLanes) {
      const Columns columns(window, b);
      for (int a = 0; a < window.contexts; ++a) {
        const Lanes logit = LoadLanes(logits + a * stride + b) - columns.offset;
        loss += SumOfLanes(columns.Weight(window.masks[a]) * NegativeLogSigmoid(columns.centre ? logit : -logit));
      }
    }
    return loss;
  }

  static SHOAL_INLINE void AskForComingLines(const SkipGramWindow& window, int d) {
    if (d % static_cast<int>(kCacheLineFloats) != 0) return;
    for (int b = 0; b < window.coming_outputs_count; ++b) PrefetchLine(window.coming_outputs[b] + d);
    for (int a = 0; a < window.coming_inputs_count; ++a) PrefetchLine(window.coming_inputs[a] + d);
  }

  // The rows take their updates, all outputs at once.
  template <int outputs>
  static SHOAL_INLINE void Update(const SkipGramWindow& window, int width, const float* errors) {
    constexpr int stride = StrideOf(outputs);
    float* output[outputs];
    SHOAL_UNROLL for (int b = 0; b < outputs; ++b) output[b] = window.outputs[b];
    const int contexts = window.contexts;
    float* const* const inputs = window.inputs;
    for (int d = 0; d < width; d += Simd::kWidth) {
      AskForComingLines(window, d);
      Vector o[outputs], changed[outputs];
      SHOAL_UNROLL for (int b = 0; b < outputs; ++b) changed[b] = o[b] = Simd::Load(output[b] + d);
      for (int a = 0; a < contexts; ++a) {
        const Vector x = Simd::Load(inputs[a] + d);
        // Two sums: one would be a chain of multiply-adds longer than the reorder buffer hides.
        Vector sums[2] = {x, Simd::Zero()};
        SHOAL_UNROLL for (int b = 0; b < outputs; ++b) {
          const Vector e = Simd::All(errors[a * stride + b]);
          sums[b % 2] = Simd::MultiplyAdd(e, o[b], sums[b % 2]);
          changed[b] = Simd::MultiplyAdd(e, x, changed[b]);
        }
        Simd::Store(inputs[a] + d, sums[0] + sums[1]);
      }
      SHOAL_UNROLL for (int b = 0; b < outputs; ++b) Simd::Store(output[b] + d, changed[b]);
    }
  }

  // Any number of outputs, a few at a time; the contexts' vectors as they were are kept aside for the later ones.
  static SHOAL_INLINE void UpdateAny(const SkipGramWindow& window, int width, const float* errors, int stride,
                                     float* const* input_targets, float* const* output_targets) {
    alignas(64) float before[kMaxContexts * Simd::kWidth];
    for (int d = 0; d < width; d += Simd::kWidth) {
      AskForComingLines(window, d);
      for (int a = 0; a < window.contexts; ++a)
        Simd::Store(before + a * Simd::kWidth, Simd::Load(window.inputs[a] + d));
      int b = 0;
      for (; b + 4 <= window.outputs_count; b += 4) {
        UpdateColumns<4>(window, d, errors + b, stride, before, input_targets, window.outputs + b, output_targets + b);
      }
      for (; b < window.outputs_count; ++b) {
        UpdateColumns<1>(window, d, errors + b, stride, before, input_targets, window.outputs + b, output_targets + b);
      }
    }
  }

  template <int columns>
  static SHOAL_INLINE void UpdateColumns(const SkipGramWindow& window, int d, const float* errors, int stride,
                                         const float* before, float* const* input_targets, float* const* outputs,
                                         float* const* output_targets) {
    Vector o[columns], changed[columns];
    SHOAL_UNROLL for (int b = 0; b < columns; ++b) {
      o[b] = Simd::Load(outputs[b] + d);
      changed[b] = Simd::Load(output_targets[b] + d);
    }
    for (int a = 0; a < window.contexts; ++a) {
      const Vector x = Simd::Load(before + a * Simd::kWidth);
      Vector sum = Simd::Load(input_targets[a] + d);
      SHOAL_UNROLL for (int b = 0; b < columns; ++b) {
        const Vector e = Simd::All(errors[a * stride + b]);
        sum = Simd::MultiplyAdd(e, o[b], sum);
        changed[b] = Simd::MultiplyAdd(e, x, changed[b]);
      }
      Simd::Store(input_targets[a] + d, sum);
    }
    SHOAL_UNROLL for (int b = 0; b < columns; ++b) Simd::Store(output_targets[b] + d, changed[b]);
  }
};

}  // namespace shoal
