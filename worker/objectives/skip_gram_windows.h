// TrainWindows: runs the windows of a plan through the kernel, with the rows of the windows to come on their way into
// the cache.
//
// Where rows are updated in place, a window of many contexts goes through it in groups, each of which sees what the one
// before has left. All at once, their updates of an output row would be added up as if the row stood still: with a
// hundred contexts that overshoots, and a small vocabulary's rows, which meet each other again and again, grow without
// bound. Word2vec.c has groups of one.
//
// Thread rule: as the rows' (Hogwild where they are mapped).

#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>

#include "worker/kernels/skip_gram_kernel.h"
#include "worker/objectives/skip_gram_sampler.h"

namespace shoal {

struct SkipGramRows {
  float* const* inputs = nullptr;   // [plan.inputs]
  float* const* outputs = nullptr;  // [plan.outputs]
  // Null: the rows are updated in place. Else they stay, and the gradients are added here.
  float* const* input_gradients = nullptr;
  float* const* output_gradients = nullptr;
  uint32_t row_floats = 0;  // Of the weights.
};

struct MeasuredLoss {
  double sum = 0;
  uint64_t pairs = 0;
};

// Contexts of a group at most: those of windows of up to 8, and so of the usual 5, are one.
inline constexpr int kContextsOfAGroup = 16;
// As few groups as there can be, and as equal.
constexpr int GroupSize(int contexts) {
  const int groups = (contexts + kContextsOfAGroup - 1) / kContextsOfAGroup;
  return groups <= 1 ? contexts : (contexts + groups - 1) / groups;
}

// How much is trained between two looks at the world outside: multiply-adds of pairs of rows, and as many for each pair
// as stand for what it costs besides. Some milliseconds with AVX-512, some tens without vector units.
using TrainingWork = uint64_t;
inline constexpr TrainingWork kWorkOfAStep = TrainingWork{1} << 25;
inline constexpr TrainingWork kAllWork = std::numeric_limits<TrainingWork>::max();
constexpr TrainingWork WorkOf(uint64_t contexts, uint64_t outputs, uint64_t row_floats) {
  constexpr uint64_t kFloatsOfAPair = 64;
  return contexts * outputs * (row_floats + kFloatsOfAPair);
}

// Trains windows from number *next on, one at least, until they are `work` or more or there are none left, and moves
// *next behind them. `offsets_by_word`: what is taken off the logits of a word (noise-contrastive estimation); empty:
// nothing.
MeasuredLoss TrainWindows(const SkipGramPlan& plan, const SkipGramKernel& kernel, const SkipGramRows& rows,
                          std::span<const float> offsets_by_word, TrainingWork work, size_t* next);

}  // namespace shoal
