// SkipGramKernel: one window of skip-gram as one small dense product, with its gradient straight back into the rows.
//
// The context rows of a centre (input table) meet the centre's row and its shared negatives (output table):
// [contexts, dim] x [dim, outputs] logits in registers, a vectorised sigmoid, and the gradient to both sides. A block
// of several centres shares its negatives; a context then pairs with the centres whose window holds it (`masks`), and
// a negative weighs as many times as the context has centres, times `negative_weights`.
//
// With x a context row, o an output row, t = 1 for a pair with its centre and 0 for a negative, w the weight of the
// pair:
//   loss = sum of w * -log sigmoid(t ? z : -z),  z = x.o - offset
//   x += rate * w * (t - sigmoid(z)) * o,  o += rate * w * (t - sigmoid(z)) * x
// all of them at the rows as they were before the window. Output rows must be distinct: of a row named twice one
// update is lost. Input rows may repeat: their updates add up, and the later one may see the earlier in the sums of the
// output rows (a difference of second order in the rate). A pair whose logit is not finite changes nothing.
//
// Thread rule: safe from any thread, on rows that others write too (Hogwild): float loads and stores are then racy by
// design, and a lost update is a lost update.
// Source: Mikolov et al. 2013, equation 4; shared negatives after Ji et al. 2016 ("Parallelizing Word2Vec in Shared and
// Distributed Memory"). Offsets make it noise-contrastive estimation: Mnih and Teh 2012, equation 8.

#pragma once

#include <cstdint>

#include "worker/kernels/simd_backend.h"

namespace shoal {

// Arrays that go with the outputs are read in whole groups of so many; what stands beyond the outputs is not used.
inline constexpr int kOutputGroup = 8;
constexpr int PaddedOutputs(int outputs) { return (outputs + kOutputGroup - 1) / kOutputGroup * kOutputGroup; }

struct SkipGramWindow {
  static constexpr int kMaxCentres = 8;
  static constexpr int kMaxContexts = 2 * 64 + kMaxCentres;
  static constexpr int kMaxOutputs = kMaxCentres + 64;

  float* const* inputs = nullptr;         // [contexts] rows of [padded_dim] floats.
  float* const* outputs = nullptr;        // [outputs] rows: the centres, then the negatives.
  const uint32_t* masks = nullptr;        // [contexts] bit c: the context pairs with centre c.
  const float* output_weights = nullptr;  // [PaddedOutputs] of negatives.
  const float* offsets = nullptr;         // [PaddedOutputs]; null: none.
  int contexts = 0;                       // 0 to kMaxContexts.
  int centres = 0;                        // 1 to kMaxCentres.
  int outputs_count = 0;                  // Centres and negatives, to kMaxOutputs.
  float learning_rate = 0;                // Of Train.
  // Of AddGradients: accumulators of [padded_dim] floats. Repeated rows may share one; outputs are distinct here too.
  float* const* input_gradients = nullptr;   // [contexts]
  float* const* output_gradients = nullptr;  // [outputs]
  // Rows of a window to come. They are asked for from memory line by line while this window's rows are updated: asked
  // for all at once, more misses are under way than a core keeps count of, and it stands still (1.2 times as long at
  // 300 floats a row).
  float* const* coming_inputs = nullptr;
  float* const* coming_outputs = nullptr;
  int coming_inputs_count = 0, coming_outputs_count = 0;
};

// What a back end offers. The width is known at compile time for the common dims and the usual number of outputs, which
// is one centre and five negatives; elsewhere only the number of outputs is. Instantiating every width for every number
// made the build three times as long and no window quicker, as no loop is unrolled over the width.
struct SkipGramFunctions {
  using Function = void (*)(const SkipGramWindow& window, int dim);
  static constexpr int kWidths = 6;
  static constexpr int kDims[kWidths] = {64, 100, 128, 200, 256, 300};
  static constexpr int kUsualOutputs = 6;
  // So many outputs and fewer are unrolled.
  static constexpr int kUnrolledOutputs = 12;

  Function train[kWidths + 1][kUnrolledOutputs + 1];  // [width, or any][outputs; 0 is any number]
  Function add_gradients;
  double (*loss)(const SkipGramWindow& window, int dim);
  void (*logits)(const SkipGramWindow& window, int dim, float* logits);
  void (*add_products)(const SkipGramWindow& window, int dim, const float* errors);
};

class SkipGramKernel {
 public:
  // For rows of `dim` weights, zero-padded to a multiple of 16. The CPU must run `backend`.
  explicit SkipGramKernel(int dim, SimdBackend backend = BestSimdBackend());

  // Updates the rows in place.
  void Train(const SkipGramWindow& window) const {
    const int outputs = window.outputs_count;
    train_[outputs <= SkipGramFunctions::kUnrolledOutputs ? outputs : 0](window, dim_);
  }

  // Leaves the rows and adds the gradient of the loss to the accumulators.
  void AddGradients(const SkipGramWindow& window) const { functions_->add_gradients(window, dim_); }

  // The loss of the window at the rows as they are, its pairs' and negatives' weights included.
  double Loss(const SkipGramWindow& window) const { return functions_->loss(window, dim_); }

  // The two halves of a window, for losses that look at all logits at once. Row a of `logits` or `errors` begins at
  // a * Stride(outputs).
  static constexpr int Stride(int outputs) { return PaddedOutputs(outputs + kOutputGroup - 1); }
  // logits[a][b] = inputs[a] . outputs[b].
  void Logits(const SkipGramWindow& window, float* logits) const { functions_->logits(window, dim_, logits); }
  // input_gradients[a] += sum over b of errors[a][b] * outputs[b], and output_gradients[b] alike; the latter may be the
  // output rows themselves.
  void AddProducts(const SkipGramWindow& window, const float* errors) const {
    functions_->add_products(window, dim_, errors);
  }

 private:
  const SkipGramFunctions* functions_;
  const SkipGramFunctions::Function* train_;
  int dim_;
};

}  // namespace shoal
