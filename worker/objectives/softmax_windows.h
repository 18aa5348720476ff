// SoftmaxWindows: trains the windows of a plan by the full softmax over the vocabulary: the reference that negative
// sampling approximates, at a cost proportional to the vocabulary.
//
// For a context row x and its centre word w: loss = -log p(w), p = softmax of x.o over all output rows o;
//   x += rate * (o_w - sum of p(v) o_v),  o_v += rate * ((v == w) - p(v)) x
// all at the rows as they were before the group of contexts (skip_gram_windows.h).
//
// With a large vocabulary a single window takes seconds; so training can be left in the middle of one and gone on with.
//
// Thread rule: belongs to one thread; rows as they allow (Hogwild where they are mapped).
// Source: Mikolov et al. 2013, equation 2.

#pragma once

#include <cstdint>
#include <vector>

#include "worker/objectives/skip_gram_windows.h"

namespace shoal {

class SoftmaxWindows {
 public:
  // `kernel` outlives it.
  SoftmaxWindows(const SkipGramKernel& kernel, uint64_t words) : kernel_(kernel), words_(words) {}

  // Goes to the plan's first window. rows.outputs (and output_gradients) are those of all words, not of the plan's
  // outputs. Plan and rows outlive the training of the last window.
  void Begin(const SkipGramPlan& plan, const SkipGramRows& rows);

  // Goes on until about `work` is done; false: there is nothing left. Every window is measured, its loss is there
  // anyway, and added to *loss.
  bool Train(TrainingWork work, MeasuredLoss* loss);

 private:
  bool BeginGroup();
  TrainingWork TrainPart(MeasuredLoss* loss);
  SkipGramWindow BlockWindow(uint64_t block) const;
  uint64_t Blocks() const;
  uint64_t Parts() const { return 2 * Blocks() + inputs_.size(); }
  int RowsOf(uint64_t block) const;
  float* ValuesOf(uint64_t block);
  void ToErrors(size_t a, uint32_t centre, float rate, MeasuredLoss* loss);
  void AddToInputs();

  const SkipGramKernel& kernel_;
  const uint64_t words_;
  const SkipGramPlan* plan_ = nullptr;
  SkipGramRows rows_;
  bool in_place_ = false;
  size_t window_ = 0;     // At hand.
  int next_context_ = 0;  // Of it; those before it are done or in the group at hand.
  // Of the group at hand.
  std::vector<float*> inputs_, targets_;
  uint64_t part_ = 0;          // The next: blocks' logits, contexts' errors, blocks' products.
  std::vector<float> values_;  // [block][context][stride]: logits, then what the rows take.
  std::vector<float> aside_;   // What the inputs take.
};

}  // namespace shoal
