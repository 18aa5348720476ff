#include "worker/objectives/skip_gram_windows.h"

#include <algorithm>
#include <array>

#include "common/prefetch.h"

namespace shoal {
namespace {

// In windows. A window takes about as long as two misses to memory.
constexpr size_t kPrefetchAhead = 2;

constexpr auto kOneCentre = [] {
  std::array<uint32_t, SkipGramWindow::kMaxContexts> masks{};
  masks.fill(1);
  return masks;
}();

class WindowRunner {
 public:
  WindowRunner(const SkipGramPlan& plan, const SkipGramKernel& kernel, const SkipGramRows& rows,
               std::span<const float> offsets_by_word)
      : plan_(plan), kernel_(kernel), rows_(rows), offsets_by_word_(offsets_by_word) {}

  MeasuredLoss Run(TrainingWork work, size_t* next) {
    const size_t count = plan_.windows.size();
    size_t i = *next;
    if (i < count) prefetched_inputs_ = plan_.windows[i].first_context;
    for (size_t ahead = i; ahead < std::min(i + kPrefetchAhead, count); ++ahead) Prefetch(plan_.windows[ahead]);
    for (TrainingWork done = 0; i < count && done < work; ++i) {
      const SkipGramPlan::Window& window = plan_.windows[i];
      Train(window, i + kPrefetchAhead < count ? &plan_.windows[i + kPrefetchAhead] : nullptr);
      done += WorkOf(window.contexts(), window.outputs, rows_.row_floats);
    }
    *next = i;
    return loss_;
  }

 private:
  void Prefetch(const SkipGramPlan::Window& window) {
    for (const float* row : OutputsOf(window)) PrefetchRow(row, rows_.row_floats);
    for (const float* row : FreshInputsOf(window)) PrefetchRow(row, rows_.row_floats);
  }

  std::span<float* const> OutputsOf(const SkipGramPlan::Window& window) const {
    return {rows_.outputs + window.first_output, static_cast<size_t>(window.outputs)};
  }

  // The contexts that no window before had: windows move on along the text.
  std::span<float* const> FreshInputsOf(const SkipGramPlan::Window& window) {
    const uint32_t first = prefetched_inputs_;
    prefetched_inputs_ = std::max(first, window.first_context + window.span);
    return {rows_.inputs + first, prefetched_inputs_ - first};
  }

  void Train(const SkipGramPlan::Window& planned, const SkipGramPlan::Window* coming) {
    SkipGramWindow window;
    if (coming != nullptr) {
      const auto outputs = OutputsOf(*coming), inputs = FreshInputsOf(*coming);
      window.coming_outputs = outputs.data();
      window.coming_outputs_count = static_cast<int>(outputs.size());
      window.coming_inputs = inputs.data();
      window.coming_inputs_count = static_cast<int>(inputs.size());
    }
    window.centres = planned.centres;
    window.contexts = planned.contexts();
    window.outputs_count = planned.outputs;
    window.learning_rate = planned.learning_rate;
    window.inputs = Contexts(planned, rows_.inputs, contexts_);
    window.outputs = rows_.outputs + planned.first_output;
    window.masks = planned.centres == 1 ? kOneCentre.data() : plan_.masks.data() + planned.first_mask;
    window.output_weights = plan_.weights.data() + planned.first_weight;
    if (!offsets_by_word_.empty()) window.offsets = Offsets(planned);
    if (planned.measured) [[unlikely]] {
      loss_.sum += kernel_.Loss(window);
      for (int a = 0; a < window.contexts; ++a) loss_.pairs += __builtin_popcount(window.masks[a]);
    }
    if (rows_.input_gradients == nullptr) {
      return window.contexts > kContextsOfAGroup ? TrainInGroups(window) : kernel_.Train(window);
    }
    window.input_gradients = Contexts(planned, rows_.input_gradients, context_gradients_);
    window.output_gradients = rows_.output_gradients + planned.first_output;
    kernel_.AddGradients(window);
  }

  void TrainInGroups(SkipGramWindow window) const {
    const int contexts = window.contexts, size = GroupSize(contexts);
    for (int begin = 0; begin < contexts; begin += size) {
      window.contexts = std::min(size, contexts - begin);
      kernel_.Train(window);
      window.inputs += window.contexts;
      window.masks += window.contexts;
      window.coming_inputs_count = window.coming_outputs_count = 0;  // They are asked for.
    }
  }

  // The rows of the contexts: those of the span, without the centre where there is one.
  static float* const* Contexts(const SkipGramPlan::Window& planned, float* const* rows, float** gathered) {
    if (planned.centres != 1) return rows + planned.first_context;
    const uint32_t end = planned.first_context + planned.span;
    float** next = gathered;
    for (uint32_t i = planned.first_context; i < end; ++i) {
      *next = rows[i];
      next += i != planned.centre;
    }
    return gathered;
  }

  const float* Offsets(const SkipGramPlan::Window& planned) {
    for (int i = 0; i < planned.outputs; ++i) {
      offsets_[i] = offsets_by_word_[plan_.outputs[planned.first_output + i]];
    }
    return offsets_;
  }

  const SkipGramPlan& plan_;
  const SkipGramKernel& kernel_;
  const SkipGramRows& rows_;
  const std::span<const float> offsets_by_word_;
  uint32_t prefetched_inputs_ = 0;
  MeasuredLoss loss_;
  float* contexts_[SkipGramWindow::kMaxContexts + 1];
  float* context_gradients_[SkipGramWindow::kMaxContexts + 1];
  float offsets_[PaddedOutputs(SkipGramWindow::kMaxOutputs)] = {};
};

}  // namespace

MeasuredLoss TrainWindows(const SkipGramPlan& plan, const SkipGramKernel& kernel, const SkipGramRows& rows,
                          std::span<const float> offsets_by_word, TrainingWork work, size_t* next) {
  return WindowRunner(plan, kernel, rows, offsets_by_word).Run(work, next);
}

}  // namespace shoal
