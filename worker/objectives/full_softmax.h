// The exact softmax over the vocabulary, for small vocabularies and as the reference that the sampled losses
// approximate.
//
// For a pair of a context row x and a centre c: loss = -log p(c), p = softmax over all words w of x . o_w, and
// x += rate * (o_c - sum of p(w) o_w), o_w += rate * ([w = c] - p(w)) x. One pair costs a pass over the output table.
//
// Thread rule: as the rows' (Hogwild where they are mapped).
// Source: Mikolov et al. 2013, equation 2.

#pragma once

#include <cstdint>

#include "worker/objectives/skip_gram_sampler.h"
#include "worker/objectives/skip_gram_windows.h"

namespace shoal {

// Trains the pairs of the plan's windows; their negatives are not used. `rows.outputs` (and the gradients') are those
// of the whole vocabulary, [words], by id. The loss is measured on every pair. `padded_dim` floats a row, a multiple
// of 16.
MeasuredLoss TrainFullSoftmax(const SkipGramPlan& plan, const SkipGramRows& rows, uint64_t words, uint32_t padded_dim);

}  // namespace shoal
