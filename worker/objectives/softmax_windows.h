// TrainSoftmaxWindows: the windows of a plan by the full softmax over the vocabulary: the reference that negative
// sampling approximates, at a cost proportional to the vocabulary.
//
// For a context row x and its centre word w: loss = -log p(w), p = softmax of x.o over all output rows o;
//   x += rate * (o_w - sum of p(v) o_v),  o_v += rate * ((v == w) - p(v)) x
// all at the rows as they were before the window.
//
// Thread rule: as the rows' (Hogwild where they are mapped).
// Source: Mikolov et al. 2013, equation 2.

#pragma once

#include <cstdint>

#include "worker/objectives/skip_gram_windows.h"

namespace shoal {

// rows.outputs (and output_gradients) are those of all `words` words, not of the plan's outputs. Every window is
// measured, its loss is there anyway.
MeasuredLoss TrainSoftmaxWindows(const SkipGramPlan& plan, const SkipGramKernel& kernel, const SkipGramRows& rows,
                                 uint64_t words);

}  // namespace shoal
